import {type Measures, prometheusMeasures, silentMeasures} from '../../telemetry/metrics/index.ts';
import type {MetricName} from '../../telemetry/metrics/metric-table.ts';
import {serveMetrics} from '../../telemetry/metrics/serve-metrics.ts';
import type {Tracing} from '../../telemetry/tracing/index.ts';
import {openTracing} from '../../telemetry/tracing/open-tracing.ts';

export interface AgentTelemetryWish {
  readonly name: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where Prometheus reads the worker's own metrics; nowhere when absent. */
  readonly metrics?: {readonly host: string; readonly port: number};
}

/** What is seen of a worker from outside: metrics, and its part of traces. */
export interface AgentTelemetry {
  readonly measures: Measures;
  readonly tracing: Tracing;
  /** Of its metrics; undefined when nobody reads them. */
  readonly address?: string;
  close(): Promise<void>;
}

/** What a worker has figures of. */
const told: ReadonlySet<MetricName> = new Set([
  ...(['niyanta_build_info', 'niyanta_worker_attempts', 'niyanta_attempts_carried_out_total'] as const),
  ...(['niyanta_checkpoints_total', 'niyanta_broker_connected', 'niyanta_broker_messages_total'] as const),
  ...(['niyanta_host_cpu_cores', 'niyanta_host_cpu_busy_ratio', 'niyanta_host_memory_bytes'] as const),
  ...(['niyanta_host_memory_available_bytes', 'niyanta_host_disk_bytes', 'niyanta_host_disk_free_bytes'] as const),
  ...(['niyanta_container_cpu_cores', 'niyanta_container_memory_bytes', 'niyanta_spans_total'] as const),
] satisfies readonly MetricName[]);

/** How long spans are gathered, and may take at the end. */
const spansMs = 2000;
const mostCustomers = 100;

/** Errors: UserError `cannot-listen`. */
export async function openAgentTelemetry({name, version, env, metrics}: AgentTelemetryWish): Promise<AgentTelemetry> {
  const measures = metrics && prometheusMeasures({version, most: mostCustomers, told});
  const served = measures && (await serveMetrics(measures, metrics));
  const seen = {headers: {}, ratio: 1, everyMs: spansMs, instance: name, measures: measures ?? silentMeasures};
  const tracing = await openTracing({...seen, env, version});
  return {
    measures: measures ?? silentMeasures,
    tracing,
    ...(served && {address: served.address}),
    async close() {
      await served?.close();
      await tracing.close(spansMs);
    },
  };
}
