import {newSpanId, traceContextOf} from './trace-context.ts';
import type {Tracing} from './tracing.ts';

/** Traces of others are passed on, and nothing is added to them. */
export const noTracing: Tracing = {
  on: false,
  begin(traceparent) {
    const caller = traceContextOf(traceparent);
    return caller && {...caller, spanId: newSpanId()};
  },
  finished() {},
  async close() {},
};
