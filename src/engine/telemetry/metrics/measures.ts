import type {MetricName, MetricTable} from './metric-table.ts';

type Named<K extends 'counter' | 'gauge' | 'histogram'> = {
  [N in MetricName]: MetricTable[N]['kind'] extends K ? N : never;
}[MetricName];

export type CounterName = Named<'counter'>;
export type GaugeName = Named<'gauge'>;
export type HistogramName = Named<'histogram'>;

/** The labels of one metric: all of them, each a value of a small set. Never text that somebody outside chose. */
export type Labels<N extends MetricName> = {readonly [L in MetricTable[N]['labels'][number]]: string};

export interface GaugeValue<N extends GaugeName> {
  readonly labels: Labels<N>;
  readonly value: number;
}

/**
 * Where the rooms say what happened. Names and labels are those of `metric-table.ts`; a customer's name is bounded by who
 * keeps the numbers. Calls cost a map look-up and never fail.
 */
export interface Measures {
  add<N extends CounterName>(name: N, labels: Labels<N>, by?: number): void;
  /** In the metric's unit: seconds, bytes. */
  observe<N extends HistogramName>(name: N, labels: Labels<N>, value: number): void;
  /** One series; what others of the metric say stays. */
  set<N extends GaugeName>(name: N, labels: Labels<N>, value: number): void;
  /** All series of a metric: what is not among them is gone. */
  replace<N extends GaugeName>(name: N, values: readonly GaugeValue<N>[]): void;
  /** Called whenever somebody reads the metrics, before they are put together. Returns how to stop. */
  onRead(fill: () => void | Promise<void>): () => void;
}

export const silentMeasures: Measures = {
  add: () => {},
  observe: () => {},
  set: () => {},
  replace: () => {},
  onRead: () => () => {},
};
