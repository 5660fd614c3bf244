import {randomBytes, randomUUID} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {jetstreamManager} from '@nats-io/jetstream';
import {onTestFinished} from 'vitest';
import {AgentStore} from '../../../../../src/engine/coordinator/agent/agent-store.ts';
import {AgentWorker} from '../../../../../src/engine/coordinator/agent/agent-worker.ts';
import {lentPlace} from '../../../../../src/engine/coordinator/agent/lent-place.ts';
import {Saying} from '../../../../../src/engine/coordinator/agent/saying.ts';
import {takeOrders} from '../../../../../src/engine/coordinator/agent/take-orders.ts';
import {checkpointKeeper} from '../../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {systemClock} from '../../../../../src/engine/coordinator/clock.ts';
import type {Coordinator, CoordinatorSettings} from '../../../../../src/engine/coordinator/coordinator.ts';
import {type Log, silentLog} from '../../../../../src/engine/coordinator/log.ts';
import {AgentPool} from '../../../../../src/engine/coordinator/nats/agent-pool.ts';
import {answerAsks} from '../../../../../src/engine/coordinator/nats/answer-asks.ts';
import {Broker} from '../../../../../src/engine/coordinator/nats/broker.ts';
import {sayStream} from '../../../../../src/engine/coordinator/nats/subjects.ts';
import {startCoordinator} from '../../../../../src/engine/coordinator/start-coordinator.ts';
import {openSqliteStore} from '../../../../../src/engine/coordinator/store/open-store.ts';
import type {Store, WorkloadRow} from '../../../../../src/engine/coordinator/store/store.ts';
import {sleepType} from '../../../../../src/engine/coordinator/types/sleep.ts';
import type {CheckpointKeeper} from '../../../../../src/engine/coordinator/types/workload-type.ts';
import type {WorkloadState} from '../../../../../src/engine/coordinator/workload-states.ts';
import type {LentStorage} from '../../../../../src/engine/runtime/backup/lent-s3.ts';
import type {Workload} from '../../../../../src/engine/spec/workload.ts';
import {silentMeasures} from '../../../../../src/engine/telemetry/metrics/measures.ts';
import {noTracing} from '../../../../../src/engine/telemetry/tracing/index.ts';
import {quick} from '../../harness/stage.ts';
import {StagePool} from '../../harness/stage-pool.ts';
import {StageType} from '../../harness/stage-type.ts';
import {submission} from '../../store/samples.ts';
import type {NatsServer} from './nats-server.ts';

const log: Log = process.env.STAGE_LOG ? console : silentLog;

export interface StagedAgent {
  readonly worker: AgentWorker;
  readonly broker: Broker;
  readonly store: AgentStore;
  readonly keeper: CheckpointKeeper;
  readonly saying: Saying;
  readonly home: string;
  /** As kill -9 of it: nothing more is said or done; what runs on stage goes on. */
  kill(): Promise<void>;
}

export interface AgentOptions {
  /** Where it finds the broker. */
  readonly url?: string;
  readonly home?: string;
  readonly labels?: Record<string, string>;
  /** How it is known to the broker. */
  readonly options?: object;
}

export interface NatsStage {
  readonly store: Store;
  /** What runs on the stage's machines, whoever carries it out. */
  readonly type: StageType;
  coordinator(parts?: Partial<CoordinatorSettings>): Promise<Coordinator & {readonly broker: Broker}>;
  agent(name: string, options?: AgentOptions): Promise<StagedAgent>;
  submit(name: string, workload?: Partial<Workload>, inputs?: Readonly<Record<string, string>>): Promise<string>;
  /** The database as the newest worker of this name has it. */
  blobsOf(name: string): AgentStore;
  sayingOf(name: string): Saying;
  /** How many messages the stream of what was said has. */
  streamed(): Promise<number>;
  row(id: string): Promise<WorkloadRow>;
  state(id: string): Promise<WorkloadState>;
  states(id: string): Promise<readonly string[]>;
}

/** Times of tests: beats come fast. */
export const quickBeats: CoordinatorSettings = {
  ...quick,
  silence: {beatMs: 100, suspectMs: 1500, lostMs: 3000},
};

/** Coordinators on one real database and workers that reach them over a real broker alone. */
export async function natsStage(
  server: Pick<NatsServer, 'url'>,
  /** How coordinators are known to the broker. */
  {options = {}, lent}: {readonly options?: object; readonly lent?: LentStorage} = {},
): Promise<NatsStage> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-nats-stage-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const store = await openSqliteStore(folder, {usageHalfLifeMs: 86_400_000});
  onTestFinished(() => store.close());
  const type = new StageType();
  const agents = new Map<string, StagedAgent>();
  const watcher = brokerAt(server.url, options);
  const row = async (id: string) => (await store.workload('everyone', id))!;
  return {
    store,
    type,
    coordinator: parts => startStagedCoordinator(brokerAt(server.url, options), store, parts, lent),
    async agent(name, options) {
      const agent = await startStagedAgent(options?.url ?? server.url, name, type, options);
      agents.set(name, agent);
      return agent;
    },
    blobsOf: name => agents.get(name)!.store,
    sayingOf: name => agents.get(name)!.saying,
    async streamed() {
      const manager = await jetstreamManager(await watcher.connected(), {checkAPI: false});
      return (await manager.streams.info(sayStream)).state.messages;
    },
    async submit(name, workload = {}, inputs = {}) {
      const one = submission(name, {inputs}, {type: 'stage', with: {}, ...workload});
      await store.submit([one]);
      return one.id;
    },
    row,
    state: async id => (await row(id)).state,
    states: async id => {
      const events = await store.events('everyone', {workload: id, limit: 1000});
      return events.flatMap(({to}) => (to === undefined ? [] : [to]));
    },
  };
}

export function brokerAt(url: string, options: object = {}): Broker {
  const broker = new Broker({options: {servers: url, ...options}, address: url, log});
  onTestFinished(() => broker.close());
  return broker;
}

async function startStagedCoordinator(
  broker: Broker,
  store: Store,
  parts: Partial<CoordinatorSettings> = {},
  lent?: LentStorage,
) {
  const settings = {...quickBeats, ...parts};
  const keeper = checkpointKeeper(store);
  const pool = await AgentPool.open({broker, store, silence: settings.silence, log, isHost: () => false});
  onTestFinished(() => pool.close());
  const stop = answerAsks({
    broker,
    store,
    secrets: async () => new Map(),
    registryAccess: async () => ({http: false}),
    lent,
  });
  onTestFinished(stop);
  const coordinator = await startCoordinator({
    id: randomUUID(),
    store,
    workers: pool,
    // Coordinators know the type by its name alone: it is carried out by workers.
    types: [new StageType(), sleepType(keeper)],
    checkpoints: keeper,
    settings,
    clock: systemClock,
    random: () => 0.5,
    randomBytes,
    log,
  });
  onTestFinished(() => coordinator.stop({deadlineMs: 5000}));
  return Object.assign(coordinator, {broker});
}

async function startStagedAgent(
  url: string,
  name: string,
  type: StageType,
  {home = randomUUID(), labels = {}, options = {}}: AgentOptions = {},
): Promise<StagedAgent> {
  const broker = brokerAt(url, {...options, inboxPrefix: `niyanta.v1.to.${name}.inbox`});
  const ending = new AbortController();
  const saying = new Saying({broker, worker: name, clock: systemClock, log});
  let worker: AgentWorker | undefined;
  const store = new AgentStore({
    ...{broker, worker: name, saying, clock: systemClock, signal: ending.signal},
    refOf: id => worker?.ref(id),
  });
  const refOf = (id: string) => worker?.ref(id);
  const keeper = checkpointKeeper(store, lentPlace({store, refOf, clock: systemClock, signal: ending.signal}));
  const types = new Map([type, sleepType(keeper)].map(each => [each.name, each]));
  const pool = new StagePool(name);
  const settings = quickBeats;
  worker = new AgentWorker({
    ...{name, home, labels, broker, pool, types, store, saying, keeper, settings, log},
    version: '0.0.0',
    clock: systemClock,
    measures: silentMeasures,
    tracing: noTracing,
  });
  const stopOrders = takeOrders({name, broker, pool, types, worker, clock: systemClock});
  const started = worker;
  const kill = async () => {
    ending.abort();
    stopOrders();
    saying.close();
    await started.close();
    await broker.close();
  };
  onTestFinished(kill);
  return {worker: started, broker, store, keeper, saying, home, kill};
}
