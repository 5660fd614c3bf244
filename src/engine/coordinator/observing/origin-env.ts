import {traceContextOf, traceparentOf} from '../../telemetry/tracing/index.ts';
import type {WorkloadRow} from '../store/store.ts';
import {runSpanId} from './workload-spans.ts';

/** What a job is told of where it comes from, so that its own lines and spans can say it, too. */
export function originEnv({
  workload,
  attempt,
}: {
  readonly workload: Pick<WorkloadRow, 'id' | 'request' | 'traceparent'>;
  readonly attempt: number;
}): Readonly<Record<string, string>> {
  const trace = traceContextOf(workload.traceparent);
  return {
    ...(workload.request !== undefined && {NIYANTA_REQUEST_ID: workload.request}),
    ...(trace && {TRACEPARENT: traceparentOf({...trace, spanId: runSpanId(workload, trace.traceId, attempt)})}),
  };
}
