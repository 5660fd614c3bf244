import type {Credential, Identity} from '../../coordinator/access/index.ts';
import type {Actor} from '../../coordinator/store/store.ts';
import type {TraceContext} from '../../telemetry/tracing/index.ts';
import type {SchedulerService} from '../messages.d.ts';

/** Who calls, as the gate let them in. */
export interface Caller {
  readonly who: Identity;
  /** The key, token or certificate, to see whether it still opens. */
  readonly credential: Credential;
  readonly requestId: string;
  /** Of the call's span; absent where nothing is traced. */
  readonly trace?: TraceContext;
  readonly actor: Actor;
  /** Aborted when the client goes away, its deadline passes, or the server stops; the reason is an error to answer with. */
  readonly signal: AbortSignal;
  /** To be told the code of the error that answers the call. */
  readonly refused: (code: string) => void;
}

type HandlerOf<M extends {readonly kind: string; readonly request: unknown; readonly response: unknown}> = {
  unary: (request: M['request'], caller: Caller) => Promise<M['response']>;
  serverStream: (request: M['request'], caller: Caller) => AsyncIterable<M['response']>;
  clientStream: (requests: AsyncIterable<M['request']>, caller: Caller) => Promise<M['response']>;
}[M['kind'] & ('unary' | 'serverStream' | 'clientStream')];

/** What answers each call: every rpc of the .proto files, or it does not compile. */
export type Methods = {readonly [M in keyof SchedulerService]: HandlerOf<SchedulerService[M]>};
