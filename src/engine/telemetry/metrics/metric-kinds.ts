/** One metric as Prometheus sees it. Names, units and help follow its conventions; every label has a bounded set of values. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram, upper bounds in the metric's unit. */
  readonly buckets?: readonly number[];
  /**
   * `process`: what this process did; sum over coordinators. `cluster`: of the database or the leader, told by whoever knows it;
   * take the maximum over coordinators.
   */
  readonly scope: 'process' | 'cluster';
}

type Scope = MetricDefinition['scope'];

export const counter = <const L extends readonly string[]>(help: string, labels: L, scope: Scope = 'process') => ({
  kind: 'counter' as const,
  help,
  labels,
  scope,
});

export const gauge = <const L extends readonly string[]>(help: string, labels: L, scope: Scope = 'process') => ({
  kind: 'gauge' as const,
  help,
  labels,
  scope,
});

export const histogram = <const L extends readonly string[]>(
  help: string,
  labels: L,
  buckets: readonly number[],
  scope: Scope = 'process',
) => ({kind: 'histogram' as const, help, labels, buckets, scope});

/** Upper bounds in seconds: of requests and single statements; of waiting and starting; of whole runs. */
export const short = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
export const middle = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600];
export const long = [0.01, 0.1, 0.5, 1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];
/** Bytes. */
export const sizes = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
