import {Counter, collectDefaultMetrics, Gauge, Histogram, Registry} from 'prom-client';
import type {Coordinator} from '../../coordinator/coordinator.ts';
import {boundedNames} from './bounded-names.ts';
import {watchWorkloads} from './watch-workloads.ts';

export interface ApiMetrics {
  /** In the text format of Prometheus. Errors: those of the store. */
  text(): Promise<string>;
  readonly contentType: string;
  answered(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly ms: number;
  }): void;
  submitted(customer: string, count: number, ms: number): void;
  failed(code: string): void;
  throttled(policy: string): void;
  readonly sockets: Gauge;
  readonly streams: Gauge;
  /** What happens from now on counts. */
  begin(): Promise<void>;
}

/** Seconds, as Prometheus wants them. */
const REQUESTS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What Prometheus reads at /metrics: names begin with `niyanta_`; what labels can be is bounded. */
export function apiMetrics(coordinator: Coordinator, customers: number): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({register: registry});
  const requests = new Histogram({
    name: 'niyanta_api_request_duration_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUESTS,
    registers,
  });
  const submissions = new Counter({
    name: 'niyanta_submissions_total',
    help: 'Workloads that were accepted here.',
    labelNames: ['customer'],
    registers,
  });
  const submitting = new Histogram({
    name: 'niyanta_submission_duration_seconds',
    help: 'From a checked submission to its being durable.',
    buckets: REQUESTS,
    registers,
  });
  const errors = new Counter({
    name: 'niyanta_api_errors_total',
    help: 'Answers with an error, by its code.',
    labelNames: ['code'],
    registers,
  });
  const throttled = new Counter({
    name: 'niyanta_api_throttled_total',
    help: 'Requests that were refused because there were too many.',
    labelNames: ['policy'],
    registers,
  });
  const sockets = new Gauge({name: 'niyanta_websocket_connections', help: 'Open WebSocket connections.', registers});
  const streams = new Gauge({name: 'niyanta_log_streams', help: 'Logs that are being followed.', registers});
  const nameOf = boundedNames(customers);
  gauges(coordinator, registers);
  const readEvents = watchWorkloads(coordinator.store, registers);
  return {
    async text() {
      await readEvents();
      return registry.metrics();
    },
    contentType: registry.contentType,
    sockets,
    streams,
    begin: readEvents,
    answered: ({method, route, status, ms}) => requests.labels(method, route, String(status)).observe(ms / 1000),
    submitted: (customer, count, ms) => {
      submissions.labels(nameOf(customer)).inc(count);
      submitting.observe(ms / 1000);
    },
    failed: code => errors.labels(code).inc(),
    throttled: policy => throttled.labels(policy).inc(),
  };
}

/** What is asked of the coordinator whenever somebody reads the metrics. */
function gauges(coordinator: Coordinator, registers: Registry[]): void {
  new Gauge({
    name: 'niyanta_workloads',
    help: 'Workloads, by state; PENDING is the depth of the queue.',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await coordinator.store.counts('everyone');
      for (const [state, count] of Object.entries(counts)) this.labels(state).set(count);
    },
  });
  new Gauge({
    name: 'niyanta_leader',
    help: '1 where this coordinator leads.',
    registers,
    collect() {
      this.set(coordinator.leads() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'niyanta_workers',
    help: 'Hosts that execute workloads, by condition.',
    labelNames: ['condition'],
    registers,
    async collect() {
      this.reset();
      for (const condition of ['well', 'suspect', 'lost', 'unknown']) this.labels(condition).set(0);
      for (const {condition} of await coordinator.workers()) this.labels(condition).inc();
    },
  });
}
