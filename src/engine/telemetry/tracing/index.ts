export {noTracing} from './no-tracing.ts';
export {spanIdOf, type TraceContext, traceContextOf, traceparentOf} from './trace-context.ts';
export type {FinishedSpan, Tracing} from './tracing.ts';
