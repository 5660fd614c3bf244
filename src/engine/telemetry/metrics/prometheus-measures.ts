import {Counter, collectDefaultMetrics, Gauge, Histogram, Registry} from 'prom-client';
import {boundedNames} from './bounded-names.ts';
import type {Measures} from './measures.ts';
import type {MetricDefinition} from './metric-kinds.ts';
import {metricTable} from './metric-table.ts';

export interface PrometheusMeasures extends Measures {
  /** In the text format of Prometheus. What cannot be found out now (a database that is away) is left out. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface PrometheusWish {
  readonly version: string;
  /** Customers and codes that have series of their own; the others count together as `other`. */
  readonly most: number;
  /** Those that this process has figures of; all when absent. Others are counted, and told nobody. */
  readonly told?: ReadonlySet<string>;
}

/** Gauges by their name, though they are none that only grows: against the conventions. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Counts in this process, for Prometheus to read. */
export function prometheusMeasures({version, most, told}: PrometheusWish): PrometheusMeasures {
  const registry = new Registry();
  collectDefaultMetrics({register: registry});
  for (const name of misnamed) registry.removeSingleMetric(name);
  const metrics = new Map(
    Object.entries<MetricDefinition>(metricTable).map(([name, each]) => [name, made(name, each)]),
  );
  const fills = new Set<() => void | Promise<void>>();
  const bounded = {customer: boundedNames(most), code: boundedNames(most)};
  const labelsOf = (labels: Readonly<Record<string, string>>): Record<string, string> => ({
    ...labels,
    ...(labels.customer !== undefined && {customer: bounded.customer(labels.customer)}),
    ...(labels.code !== undefined && {code: bounded.code(labels.code)}),
  });
  const measures: PrometheusMeasures = {
    add: (name, labels, by = 1) => (metrics.get(name) as Counter).inc(labelsOf(labels), by),
    observe: (name, labels, value) => (metrics.get(name) as Histogram).observe(labelsOf(labels), value),
    set: (name, labels, value) => (metrics.get(name) as Gauge).set({...labels}, value),
    replace(name, values) {
      const metric = metrics.get(name) as Gauge;
      metric.reset();
      for (const {labels, value} of values) metric.inc({...labels} as Record<string, string>, value);
    },
    onRead(fill) {
      fills.add(fill);
      return () => fills.delete(fill);
    },
    async text() {
      await Promise.allSettled([...fills].map(async fill => fill()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
  measures.set('niyanta_build_info', {version, node: process.version}, 1);
  return measures;

  function made(name: string, {kind, help, labels, buckets}: MetricDefinition): Counter | Gauge | Histogram {
    const options = {name, help, labelNames: [...labels], registers: told?.has(name) === false ? [] : [registry]};
    if (kind === 'counter') return new Counter(options);
    return kind === 'gauge' ? new Gauge(options) : new Histogram({...options, buckets: [...buckets!]});
  }
}
