import type {Coordinator} from '../../coordinator/coordinator.ts';
import {tellStackFigures} from '../../coordinator/observing/stack-figures.ts';
import {watchWorkloads} from '../../coordinator/observing/watch-workloads.ts';
import type {PrometheusMeasures} from '../../telemetry/metrics/index.ts';
import type {GaugeName} from '../../telemetry/metrics/measures.ts';

/** Something of which there are so many now. */
export interface Level {
  inc(): void;
  dec(): void;
}

export interface ApiMetrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  answered(request: {
    readonly method: string;
    readonly route: string;
    /** Of HTTP; `NOT_FOUND` of gRPC. */
    readonly status: number | string;
    readonly ms: number;
  }): void;
  submitted(customer: string, count: number, ms: number): void;
  failed(code: string): void;
  throttled(policy: string): void;
  readonly requests: Level;
  readonly sockets: Level;
  readonly streams: Level;
  /** What happens from now on counts. Errors: those of the store. */
  begin(): Promise<void>;
}

/** What the API tells Prometheus at /metrics: its own figures, and those of the coordinator behind it. */
export function apiMetrics(coordinator: Coordinator, measures: PrometheusMeasures): ApiMetrics {
  const readEvents = watchWorkloads(coordinator.store, measures);
  measures.onRead(readEvents);
  measures.onRead(() => measures.set('niyanta_leader', {}, coordinator.leads() ? 1 : 0));
  measures.onRead(async () => {
    for (const [state, count] of Object.entries(await coordinator.store.counts('everyone')))
      measures.set('niyanta_workloads', {state}, count);
  });
  measures.onRead(() => tellStackFigures(coordinator.store, measures));
  measures.onRead(async () => {
    const found = (await coordinator.workers()).map(({condition}) => ({labels: {condition}, value: 1}));
    const known = ['well', 'suspect', 'lost', 'unknown'].map(condition => ({labels: {condition}, value: 0}));
    measures.replace('niyanta_workers', [...known, ...found]);
  });
  return {
    text: () => measures.text(),
    contentType: measures.contentType,
    requests: level(measures, 'niyanta_api_requests_in_flight'),
    sockets: level(measures, 'niyanta_websocket_connections'),
    streams: level(measures, 'niyanta_log_streams'),
    begin: readEvents,
    answered: ({method, route, status, ms}) =>
      measures.observe('niyanta_api_request_duration_seconds', {method, route, status: String(status)}, ms / 1000),
    submitted: (customer, count, ms) => {
      measures.add('niyanta_submissions_total', {customer}, count);
      measures.observe('niyanta_submission_duration_seconds', {}, ms / 1000);
    },
    failed: code => measures.add('niyanta_api_errors_total', {code}),
    throttled: policy => measures.add('niyanta_api_throttled_total', {policy}),
  };
}

type Levels = 'niyanta_api_requests_in_flight' | 'niyanta_websocket_connections' | 'niyanta_log_streams';

function level(measures: PrometheusMeasures, name: Levels & GaugeName): Level {
  let now = 0;
  const tell = (change: number) => {
    now += change;
    measures.set(name, {}, now);
  };
  return {inc: () => tell(1), dec: () => tell(-1)};
}
