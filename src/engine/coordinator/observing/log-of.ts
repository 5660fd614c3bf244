import {traceContextOf} from '../../telemetry/tracing/index.ts';
import type {Log} from '../log.ts';
import type {WorkloadRow} from '../store/store.ts';

/** A log whose lines say which request and trace a workload came with. */
export function logOf(log: Log, {request, traceparent}: Pick<WorkloadRow, 'request' | 'traceparent'>): Log {
  const traceId = traceContextOf(traceparent)?.traceId;
  if (request === undefined && traceId === undefined) return log;
  const own = {...(request !== undefined && {requestId: request}), ...(traceId !== undefined && {traceId})};
  return {
    debug: (fields, text) => log.debug({...own, ...fields}, text),
    info: (fields, text) => log.info({...own, ...fields}, text),
    warn: (fields, text) => log.warn({...own, ...fields}, text),
    error: (fields, text) => log.error({...own, ...fields}, text),
  };
}
