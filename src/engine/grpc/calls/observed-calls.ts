import {status} from '@grpc/grpc-js';
import type {Identity} from '../../coordinator/access/index.ts';
import type {Log} from '../../coordinator/log.ts';
import {type TraceContext, type Tracing, traceContextOf} from '../../telemetry/tracing/index.ts';

/** Where calls are counted: with the requests of REST, their method `gRPC`, their route the path of the call. */
export interface CallMeasures {
  readonly requests: {inc(): void; dec(): void};
  readonly streams: {inc(): void; dec(): void};
  answered(call: {readonly method: string; readonly route: string; readonly status: string; readonly ms: number}): void;
  /** By the code of niyanta's error. */
  failed(code: string): void;
}

export interface BegunCall {
  readonly requestId: string;
  /** `/niyanta.v1.SchedulerService/GetWorkload`. */
  readonly path: string;
  /** As the caller told it. */
  readonly traceparent: string | undefined;
}

export interface EndedCall {
  /** `OK`, `NOT_FOUND`, …; `CANCELLED` when the client went away. */
  readonly status: keyof typeof status;
  readonly ms: number;
  readonly who?: Identity;
  /** Of niyanta's error, where it was refused. */
  readonly code?: string;
}

/** A call while it lasts: its place in a trace, and whom to tell its end. */
export interface ObservedCall {
  readonly trace?: TraceContext;
  ended(how: EndedCall): void;
}

export type ObserveCall = (call: BegunCall) => ObservedCall;

/** What is said of each call outside: figures, a span under the caller's, a line of the log. */
export const observedCalls =
  ({
    measures,
    tracing,
    log,
  }: {
    readonly measures: CallMeasures;
    readonly tracing: Tracing;
    readonly log: Log;
  }): ObserveCall =>
  ({requestId, path, traceparent}) => {
    const trace = tracing.begin(traceparent);
    const level = FOLLOWS.test(path) ? [measures.requests, measures.streams] : [measures.requests];
    for (const each of level) each.inc();
    return {
      ...(trace && {trace}),
      ended({status: how, ms, who, code}) {
        for (const each of level) each.dec();
        measures.answered({method: 'gRPC', route: path, status: how, ms});
        if (code !== undefined) measures.failed(code);
        if (trace) tellSpan({requestId, path, traceparent}, {how, ms}, trace, tracing);
        const fields = {requestId, method: path, status: how, ms: Math.round(ms * 10) / 10, key: who?.name};
        const line = {...fields, ...(trace && {traceId: trace.traceId})};
        if (how === 'OK') log.debug(line, 'answered');
        else log.info(line, 'refused');
      },
    };
  };

/** Calls that last as long as somebody reads. */
const FOLLOWS = /\/Stream(?:Replica)?Logs$/;

/** Whose fault an end is that is not the caller's, as HTTP's 5xx. */
const OURS: ReadonlySet<string> = new Set(['UNKNOWN', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

/** Names and attributes are OpenTelemetry's conventions for RPC. */
function tellSpan(
  {requestId, path, traceparent}: BegunCall,
  {how, ms}: {readonly how: keyof typeof status; readonly ms: number},
  context: TraceContext,
  tracing: Tracing,
): void {
  const endMs = Date.now();
  const parent = traceContextOf(traceparent)?.spanId;
  const [service = '', method = ''] = path.slice(1).split('/');
  tracing.finished({
    name: path.slice(1),
    context,
    ...(parent !== undefined && {parent}),
    kind: 'server',
    startMs: endMs - ms,
    endMs,
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': method,
      'rpc.grpc.status_code': status[how],
      'niyanta.request.id': requestId,
    },
    ...(OURS.has(how) && {error: how}),
  });
}
