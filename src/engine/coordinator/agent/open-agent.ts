import {randomUUID} from 'node:crypto';
import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {NodeConnectionOptions} from '@nats-io/transport-node';
import {connect} from '../../hosts/index.ts';
import {OutsideError, UserError} from '../../spec/errors.ts';
import type {NatsSettings} from '../../spec/server/nats-schema.ts';
import {withMutex} from '../../state/mutex.ts';
import {writeWhole} from '../../write-whole.ts';
import {checkpointKeeper} from '../checkpoints/checkpoint-keeper.ts';
import {systemClock} from '../clock.ts';
import type {Log} from '../log.ts';
import {Broker} from '../nats/broker.ts';
import {natsOptions} from '../nats/nats-options.ts';
import {inboxOf, isWorkerName} from '../nats/subjects.ts';
import {defaultCoordinatorSettings as settings} from '../settings.ts';
import {containerType} from '../types/container.ts';
import {ownerMark} from '../types/owner-mark.ts';
import {sleepType} from '../types/sleep.ts';
import type {WorkloadType} from '../types/workload-type.ts';
import {HostPool} from '../workers/host-pool.ts';
import {AgentStore} from './agent-store.ts';
import {type AgentTelemetry, openAgentTelemetry} from './agent-telemetry.ts';
import {type AgentParts, AgentWorker} from './agent-worker.ts';
import {lentPlace} from './lent-place.ts';
import {Saying} from './saying.ts';
import {takeOrders} from './take-orders.ts';
import {tellWorkerFigures} from './tell-worker-figures.ts';

export interface AgentWish {
  /** That of the certificate when absent, else the machine's. */
  readonly name?: string;
  readonly machine: string;
  readonly region?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly nats: NatsSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that one worker at a time has. */
  readonly data: string;
  readonly version: string;
  /** Where Prometheus reads the worker's own metrics; nowhere when absent. */
  readonly metrics?: {readonly host: string; readonly port: number};
  readonly log: Log;
}

export interface OpenedAgent {
  readonly name: string;
  /** Of its metrics. */
  readonly metrics?: string;
  /** Resolves when a coordinator has answered; rejects with UserError when it does not want this worker. */
  readonly registered: Promise<void>;
  readonly refused: Promise<never>;
  leave(deadlineMs: number): Promise<void>;
}

/**
 * A worker of this machine, as long as `during` takes. Errors: UserError `worker-runs-already`, `worker-name`,
 * `worker-name-differs`, `nats-invalid`, `cannot-listen`.
 */
export async function withAgent(wish: AgentWish, during: (agent: OpenedAgent) => Promise<void>): Promise<void> {
  const {options, commonName} = await natsOptions(wish.nats, wish.env);
  const name = nameOf(wish, commonName);
  await mkdir(wish.data, {recursive: true, mode: 0o700});
  const section = async () => {
    const telemetry = await openAgentTelemetry({...wish, name});
    const agent = openAgent({...wish, name, home: await homeOf(wish.data), options, telemetry});
    try {
      await during(agent);
    } finally {
      await agent.close();
      await telemetry.close();
    }
  };
  await withMutex(join(wish.data, 'lock'), section, lockMs).catch(error => {
    throw error instanceof OutsideError && error.code === 'state-busy' ? runsAlready(wish.data, error) : error;
  });
}

interface NamedWish extends AgentWish {
  readonly name: string;
  readonly home: string;
  readonly options: NodeConnectionOptions;
  readonly telemetry: AgentTelemetry;
}

function openAgent(wish: NamedWish): OpenedAgent & {close(): Promise<void>} {
  const {nats, name, region, labels, options, log} = wish;
  const ending = new AbortController();
  const about = {name: `niyanta worker ${name}`, inboxPrefix: inboxOf(name)};
  const broker = new Broker({options: {...options, ...about}, address: nats.url, log});
  let owner: string | undefined;
  const pool = new HostPool({
    hosts: [{...thisMachine, name, labels, ...(region !== undefined && {region})}],
    connect: host => connect(host),
    owner: () => owner,
    silence: settings.silence,
    log,
  });
  const saying = new Saying({broker, worker: name, clock: systemClock, log});
  const parts = {broker, worker: name, saying, clock: systemClock, signal: ending.signal};
  const refOf = (id: string) => begun?.worker.ref(id);
  const store = new AgentStore({...parts, refOf});
  const keeper = checkpointKeeper(store, lentPlace({store, refOf, clock: systemClock, signal: ending.signal}));
  let begun: Begun | undefined;
  const refused = Promise.withResolvers<never>();
  const beginning = store.identity().then(database => {
    owner = ownerMark(database);
    begun = begin(wish, {owner: database, broker, pool, saying, store, keeper});
    begun.worker.refused.catch(refused.reject);
    return begun.worker.registered;
  });
  beginning.catch(() => undefined);
  refused.promise.catch(() => undefined);
  const {address: metrics} = wish.telemetry;
  return {
    name,
    ...(metrics !== undefined && {metrics}),
    registered: beginning,
    refused: refused.promise,
    leave: async deadlineMs => begun?.worker.leave(deadlineMs),
    async close() {
      ending.abort();
      await begun?.stop();
      saying.close();
      await begun?.worker.close();
      await pool.close();
      await broker.close();
    },
  };
}

interface Begun {
  readonly worker: AgentWorker;
  /** Takes no more orders, tells no more figures. */
  stop(): Promise<void>;
}

/** `owner`: whose attempts on this machine are ours. */
function begin(
  wish: NamedWish,
  {owner, ...parts}: Pick<AgentParts, 'broker' | 'pool' | 'saying' | 'store' | 'keeper'> & {readonly owner: string},
): Begun {
  const {name, home, labels, region, version, log} = wish;
  const {store, keeper} = parts;
  const container = containerType({
    owner,
    blobs: store,
    keeper,
    secrets: names => store.secrets(names),
    registryAccess: reference => store.registryAccess(reference),
  });
  const types = new Map<string, WorkloadType>([container, sleepType(keeper)].map(type => [type.name, type]));
  const clock = systemClock;
  const {measures, tracing} = wish.telemetry;
  const seen = {measures, tracing, log};
  const place = {labels, ...(region !== undefined && {region})};
  const worker = new AgentWorker({...parts, ...seen, ...place, name, home, version, types, settings, clock});
  const stopOrders = takeOrders({...parts, name, types, worker, clock});
  const everyMs = figuresMs;
  const stopFigures = wish.metrics && tellWorkerFigures({...parts, worker, measures, everyMs});
  return {
    worker,
    async stop() {
      stopOrders();
      await stopFigures?.();
    },
  };
}

/** How often this machine is looked at, for whoever reads the metrics. */
const figuresMs = 15_000;

/** How long a worker that ends may still hold its folder. */
const lockMs = 500;

/** This machine as a host that is reached without SSH. */
const thisMachine = {local: true, sudo: false, connectTimeoutMs: 10_000, drain: false} as const;

function nameOf({name, machine}: AgentWish, commonName: string | undefined): string {
  const chosen = name ?? commonName ?? machine;
  if (!isWorkerName(chosen))
    throw new UserError({
      code: 'worker-name',
      message: `${JSON.stringify(chosen)} cannot be the name of a worker: letters, digits, - and _, at most 63`,
      hint: 'Say another one with --name.',
    });
  if (commonName !== undefined && commonName !== chosen)
    throw new UserError({
      code: 'worker-name-differs',
      message: `the certificate is that of ${commonName}, not of ${chosen}`,
      hint: `Leave --name out, or have a certificate made for ${chosen}.`,
    });
  return chosen;
}

/** By which coordinators know that a worker of this name is this one, started again. */
async function homeOf(data: string): Promise<string> {
  const file = join(data, 'home-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f-]{36}\n$/.test(known)) return known.trim();
  const id = randomUUID();
  await writeWhole(file, `${id}\n`);
  return id;
}

const runsAlready = (data: string, cause: unknown): UserError =>
  new UserError({
    code: 'worker-runs-already',
    message: `a niyanta worker runs already with ${data}`,
    hint: 'Stop that one first, or give this one another --name and --data.',
    cause,
  });
