// Durable submissions to the coordinator's store in a real PostgreSQL on this machine's disk, straight at the store:
// one at a time from 64 callers, against what people use (queue-peers.mjs) from as many on the same server; and in batches,
// with bare inserts of the same rows into a table without indexes beside them:
// `node scripts/node24.mjs bench/submissions.mjs [--rounds 5] [--json]`.
import {randomUUID} from 'node:crypto';
import {parseArgs} from 'node:util';
import postgres from 'postgres';
import {openPostgresStore} from '../src/engine/coordinator/store/index.ts';
import {parseStateLocation} from '../src/engine/spec/state-location.ts';
import {TestPostgres} from '../test/lab/harness/state-in-postgres.ts';
import {fastest, openQueues} from './queue-peers.mjs';
import {inTurns, median, print, row, single} from './result.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '5'}, json: {type: 'boolean', default: false}},
});
const rounds = Number(values.rounds);
const SECONDS = 3;
const BATCH = 500;

/** As `niyanta submit` makes it of a small file: all that it does not say is filled in. */
const workload = {
  name: 'resize',
  type: 'container',
  container: {
    image: {kind: 'registry', reference: 'docker.io/library/busybox:1.36'},
    command: ['sh', '-c', 'resize /in/picture /out/picture'],
    env: {WIDTH: '640'},
    mounts: [],
    ports: [],
    readOnly: false,
    capabilities: {add: [], drop: []},
    stop: {signal: 'SIGTERM', graceMs: 10_000},
  },
  with: {},
  labels: {team: 'pictures'},
  resources: {cpu: 0.5, memory: 128 * 2 ** 20},
  priority: 50,
  preemptible: true,
  placement: {require: {}, prefer: [], avoid: [], beside: []},
  retries: {max: 3, backoff: {initialMs: 1000, factor: 2, maxMs: 60_000, jitter: true}},
  after: [],
  onLost: 'reschedule',
  inputs: {files: []},
  outputs: {files: []},
};
/** UUID version 7, as coordinators give them. */
const newId = () => {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};
const submission = (its = workload) => ({
  id: newId(),
  customer: 'acme',
  workload: its,
  inputs: {},
  actor: {name: 'key:bench', request: 'r'},
});

/** Microseconds for each that `callers` at once get done, one after another each. */
async function cost(callers, work, each = 1) {
  const began = performance.now();
  const end = began + SECONDS * 1000;
  let done = 0;
  const call = async () => {
    while (performance.now() < end) {
      await work();
      done += each;
    }
  };
  await Promise.all(Array.from({length: callers}, call));
  return ((performance.now() - began) * 1000) / done;
}

const server = await TestPostgres.start('niyanta-bench-', '-c fsync=on -c shared_buffers=256MB -c max_wal_size=4GB');
try {
  const secrets = {values: async () => new Map(), origins: async () => []};
  const location = parseStateLocation(server.url('postgres'), '/', '/');
  const store = await openPostgresStore(location, {usageHalfLifeMs: 86_400_000}, {secrets, env: {}});
  const queues = await openQueues(server.url('postgres'));
  const sql = postgres({host: server.folder, user: 'postgres', database: 'postgres', max: 4});
  await sql`create table bare (id text, spec text)`;

  const ours = [];
  const costs = Object.fromEntries(Object.keys(queues.submit).map(name => [name, []]));
  for (let round = 0; round < rounds; round++) {
    ours.push(await cost(64, () => store.submit([submission()])));
    for (const [name, submit] of Object.entries(queues.submit))
      costs[name].push(await cost(64, () => submit(workload)));
  }
  const {name, peer, perSecond: peersPerSecond} = fastest(costs);
  const batchOf = its => () => store.submit(Array.from({length: BATCH}, () => submission(its())));
  let made = 0;
  const another = () => ({...workload, with: {number: made++}});
  const different = [];
  for (let round = 0; round < rounds; round++) different.push(await cost(4, batchOf(another), BATCH));
  const batches = await inTurns(
    rounds,
    () =>
      cost(
        4,
        batchOf(() => workload),
        BATCH,
      ),
    () =>
      cost(
        4,
        () => {
          const ids = Array.from({length: BATCH}, newId);
          const specs = ids.map(() => JSON.stringify(workload));
          return sql`insert into bare select * from unnest(${ids}::text[], ${specs}::text[])`;
        },
        BATCH,
      ),
  );
  await queues.close();
  await sql.end();
  await store.close();
  const perSecond = rates => Math.round(1e6 / median(rates));
  print(
    row({
      name: 'submissions-single',
      work: 'a durable submission, 64 callers, straight at the store, real PostgreSQL',
      against: `${name}, 64 callers, the same server`,
      unit: 'µs',
      ours,
      peer,
      aim: {faster: 2},
      also: {perSecond: perSecond(ours), peersPerSecond},
    }),
    single({
      name: 'submissions-batched',
      work: `a durable submission in batches of ${BATCH}, 4 callers, straight at the store, real PostgreSQL`,
      against: '50,000/s',
      unit: 'µs',
      ours: batches.ours,
      most: 20,
      also: {
        perSecond: perSecond(batches.ours),
        differentPerSecond: perSecond(different),
        barePerSecond: perSecond(batches.peer),
      },
    }),
  );
} finally {
  await server.stop();
}
