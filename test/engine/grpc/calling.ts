import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Client} from '@grpc/grpc-js';
import {pino} from 'pino';
import {type ApiMetrics, apiMetrics} from '../../../src/engine/api/metrics/api-metrics.ts';
import {
  type AccessRules,
  createKey,
  defaultAccessRules,
  type KeyWish,
  prepareAccess,
} from '../../../src/engine/coordinator/access/index.ts';
import {openReception, type Reception} from '../../../src/engine/coordinator/requests/reception.ts';
import {openSqliteStore, type Store} from '../../../src/engine/coordinator/store/index.ts';
import type {GrpcSettings} from '../../../src/engine/grpc/grpc-settings.ts';
import {type RunningGrpc, startGrpc} from '../../../src/engine/grpc/start-grpc.ts';
import {prometheusMeasures} from '../../../src/engine/telemetry/metrics/index.ts';
import {type FinishedSpan, type Tracing, traceContextOf} from '../../../src/engine/telemetry/tracing/index.ts';
import {newSpanId, newTraceId} from '../../../src/engine/telemetry/tracing/trace-context.ts';
import {servedStacks} from '../api/served-stacks.ts';
import {StandInCoordinator} from '../api/stand-in-coordinator.ts';
import {type Answer, type Asked, callMethod, clientOf} from './client.ts';

export interface Calling {
  readonly store: Store;
  readonly coordinator: StandInCoordinator;
  readonly reception: Reception;
  readonly rules: AccessRules;
  readonly grpc: RunningGrpc;
  readonly client: Client;
  /** A new server before the same store: it remembers nothing of who called. */
  restart(): Promise<void>;
  /** For projects to be packed. */
  readonly folder: string;
  /** What was logged, as pino's lines. */
  readonly logged: string[];
  readonly metrics: ApiMetrics;
  readonly spans: readonly FinishedSpan[];
  /** A key of the whole coordinator. */
  readonly admin: string;
  key(wish: KeyWish): Promise<string>;
  customer(id: string, limits?: object): Promise<string>;
  call(method: string, request?: object, asked?: Asked): Promise<Answer>;
  end(): Promise<void>;
}

const actor = {name: 'cli:test'};
const costs = {cpuHour: 0.05, memoryGibHour: 0.01, gpuHour: 0, currency: 'EUR'};

/** Stands in for the settings of a process that was started from files. */
const settingsNow = {
  list: () => [{name: 'log.level', value: 'info', origin: 'default'}],
  reload: async () => ({atRunTime: ['log.level'], atRestart: ['listen']}),
};

/** All is sampled, and kept. */
const collecting = (spans: FinishedSpan[]): Tracing => ({
  on: true,
  begin: traceparent => ({
    traceId: traceContextOf(traceparent)?.traceId ?? newTraceId(),
    spanId: newSpanId(),
    sampled: true,
  }),
  finished: span => void spans.push(span),
  close: async () => {},
});

/** SchedulerService over a real store, on a port of its own. */
export async function calling(settings: Partial<GrpcSettings> = {}): Promise<Calling> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-grpc-'));
  const store = await openSqliteStore(folder, {usageHalfLifeMs: 3_600_000});
  const coordinator = new StandInCoordinator(store);
  coordinator.environments = await servedStacks(store, folder);
  const logged: string[] = [];
  const log = pino({level: 'debug'}, {write: line => void logged.push(line)});
  const admin = await prepareAccess(store, actor);
  const listen = {host: '127.0.0.1', port: 0};
  const metrics = apiMetrics(coordinator, prometheusMeasures({version: 'test', most: 10}));
  const spans: FinishedSpan[] = [];
  const start = () => {
    const reception = openReception({
      coordinator,
      rules: defaultAccessRules,
      throttled: metrics.throttled,
      submitted: metrics.submitted,
      costs,
      settingsNow,
    });
    return startGrpc({reception, listen, log, measures: metrics, tracing: collecting(spans), settings}).then(grpc => ({
      grpc,
      reception,
      client: clientOf(grpc.address),
    }));
  };
  let now = await start();
  const key = async (wish: KeyWish) => (await createKey(store, wish, actor)).text;
  return {
    store,
    coordinator,
    rules: defaultAccessRules,
    get reception() {
      return now.reception;
    },
    get grpc() {
      return now.grpc;
    },
    get client() {
      return now.client;
    },
    async restart() {
      now.client.close();
      await now.grpc.stop(2000);
      now = await start();
    },
    folder,
    metrics,
    spans,
    logged,
    admin: admin!,
    key,
    async customer(id, limits = {}) {
      await store.putCustomer({id, name: id, tier: 'premium', limits, suspended: false}, actor);
      return key({role: 'customer', customer: id});
    },
    call: (method, request = {}, asked = {}) => callMethod(now.client, method, request, {key: admin, ...asked}),
    async end() {
      now.client.close();
      await now.grpc.stop(2000);
      await coordinator.stop({deadlineMs: 0});
      await store.close();
      await rm(folder, {recursive: true});
    },
  };
}
