import type {Measures} from '../metrics/index.ts';
import {noTracing} from './no-tracing.ts';
import type {Tracing} from './tracing.ts';

export interface OpenTracingWish {
  /** Address of a collector; `/v1/traces` is added. The variables of OpenTelemetry count where it is absent. */
  readonly otlp?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Share of new traces that are sampled, 0 to 1. */
  readonly ratio: number;
  readonly everyMs: number;
  readonly version: string;
  /** Which of several processes this is. */
  readonly instance: string;
  readonly measures: Measures;
}

/** Spans go to a collector where one is said; nothing of OpenTelemetry is loaded otherwise. */
export async function openTracing({otlp, env, ...wish}: OpenTracingWish): Promise<Tracing> {
  const url = collectorOf(otlp, env);
  if (url === undefined) return noTracing;
  const {otlpTracing} = await import('./otlp-tracing.ts');
  return otlpTracing({...wish, url});
}

/** As the variables of OpenTelemetry have it: one names all of the address, the other its beginning. */
function collectorOf(otlp: string | undefined, env: OpenTracingWish['env']): string | undefined {
  const {OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_SDK_DISABLED: off} = env;
  if (off === 'true') return undefined;
  const beginning = otlp ?? (whole ? undefined : base);
  if (beginning) return `${beginning.replace(/\/+$/, '')}/v1/traces`;
  return whole || undefined;
}
