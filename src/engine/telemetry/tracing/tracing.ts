import type {TraceContext} from './trace-context.ts';

/** A span that is over. Times in milliseconds since 1970. */
export interface FinishedSpan {
  readonly name: string;
  readonly context: TraceContext;
  /** Id of the span that it is part of; a root without. */
  readonly parent?: string;
  /** `server`: of a request that came in. */
  readonly kind: 'server' | 'internal';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Why it failed, in words. */
  readonly error?: string;
}

/** Where spans go. Whatever becomes of them, nobody waits for them and no call fails. */
export interface Tracing {
  /** Whether spans go anywhere. */
  readonly on: boolean;
  /**
   * The place of a new span: under the one that a caller told of (`traceparent`), whose wish to be sampled counts; else at
   * the root of a new trace, sampled by the ratio. Undefined where nothing is traced and nobody asked for it.
   */
  begin(traceparent: string | undefined): TraceContext | undefined;
  /** Nothing when its trace is not sampled. */
  finished(span: FinishedSpan): void;
  /** Sends what is left, for so long at most. */
  close(deadlineMs: number): Promise<void>;
}
