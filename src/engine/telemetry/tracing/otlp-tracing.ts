import {ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace} from '@opentelemetry/api';
import {OTLPTraceExporter} from '@opentelemetry/exporter-trace-otlp-http';
import {resourceFromAttributes} from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type {Measures} from '../metrics/index.ts';
import {newSpanId, newTraceId, type TraceContext, traceContextOf} from './trace-context.ts';
import type {FinishedSpan, Tracing} from './tracing.ts';

export interface OtlpWish {
  /** All of it, with `/v1/traces`. */
  readonly url: string;
  /** Secrets, perhaps; go into the request, nowhere else. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Share of new traces that are sampled, 0 to 1. */
  readonly ratio: number;
  /** How long spans are gathered before they are sent. */
  readonly everyMs: number;
  readonly version: string;
  /** Which of several processes this is. */
  readonly instance: string;
  readonly measures: Measures;
}

const timeoutMs = 5000;

/** Sends spans to a collector over OTLP/HTTP, in batches; what it does not take is given up, and counted. */
export function otlpTracing({url, headers, ratio, everyMs, version, instance, measures}: OtlpWish): Tracing {
  const ids = new GivenIds();
  const exporter = counting(new OTLPTraceExporter({url, headers: {...headers}, timeoutMillis: timeoutMs}), measures);
  const batches = {scheduledDelayMillis: everyMs, exportTimeoutMillis: timeoutMs, maxQueueSize: 8192};
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({
      'service.name': 'niyanta',
      'service.version': version,
      'service.instance.id': instance,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter, batches)],
  });
  const tracer = provider.getTracer('niyanta', version);
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const isSampled = (traceId: string) =>
    sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;

  return {
    on: true,
    begin(traceparent): TraceContext {
      const caller = traceContextOf(traceparent);
      if (caller) return {...caller, spanId: newSpanId()};
      const traceId = newTraceId();
      return {traceId, spanId: newSpanId(), sampled: isSampled(traceId)};
    },
    finished(span) {
      if (!span.context.sampled) return;
      measures.add('niyanta_spans_total', {outcome: 'ended'});
      ids.next(span.context);
      const made = tracer.startSpan(
        span.name,
        {
          kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
          startTime: span.startMs,
          attributes: {...span.attributes},
        },
        under(span),
      );
      if (span.error !== undefined) made.setStatus({code: SpanStatusCode.ERROR, message: span.error});
      made.end(Math.max(span.startMs, span.endMs));
    },
    async close(deadlineMs) {
      const late = new Promise<void>(resolve => setTimeout(resolve, deadlineMs).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

const under = ({context, parent}: FinishedSpan) =>
  parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        traceId: context.traceId,
        spanId: parent,
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      });

/** Ids are known before a span is made: they are asked for at once, in the same turn. */
class GivenIds implements IdGenerator {
  #next: TraceContext = {traceId: newTraceId(), spanId: newSpanId(), sampled: true};

  next(context: TraceContext): void {
    this.#next = context;
  }

  generateTraceId = (): string => this.#next.traceId;
  generateSpanId = (): string => this.#next.spanId;
}

const counting = (exporter: SpanExporter, measures: Measures): SpanExporter => ({
  export(spans, done) {
    exporter.export(spans, result => {
      measures.add('niyanta_spans_total', {outcome: result.code === 0 ? 'exported' : 'failed'}, spans.length);
      done(result);
    });
  },
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
});
