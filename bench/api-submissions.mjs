// Durable submissions over HTTP to `niyanta serve` (a process of its own): single ones from 64 connections, against what
// people use (queue-peers.mjs) from as many callers on the same PostgreSQL, and batches; and how fast the API answers while
// 100 a second are submitted: `node scripts/node24.mjs bench/api-submissions.mjs [--rounds 3] [--store postgres|sqlite] [--json]`.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import autocannon from 'autocannon';
import {root} from '../scripts/node24.mjs';
import {TestPostgres} from '../test/lab/harness/state-in-postgres.ts';
import {fastest, openQueues} from './queue-peers.mjs';
import {median, print, row, single} from './result.mjs';

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '3'},
    store: {type: 'string', default: 'postgres'},
    json: {type: 'boolean', default: false},
  },
});
const SECONDS = 4;
const CONNECTIONS = 64;
const BATCH = 500;

const workload = {
  name: 'resize',
  image: 'docker.io/library/busybox:1.36',
  command: ['sh', '-c', 'resize /in/picture /out/picture'],
  env: {WIDTH: '640'},
  labels: {team: 'pictures'},
  resources: {cpu: 0.5, memory: '128Mi'},
  retries: {max: 3},
};

const postgres = await TestPostgres.start(
  'niyanta-bench-',
  '-c fsync=on -c shared_buffers=256MB -c max_wal_size=4GB -c max_connections=200',
);
const folder = mkdtempSync(join(tmpdir(), 'niyanta-bench-'));
const served = await serve();
const queues = await openQueues(postgres.url('postgres'));
try {
  const [ours, batched, latencies, processor] = [[], [], [], []];
  const costs = Object.fromEntries(Object.keys(queues.submit).map(name => [name, []]));
  // Once before the rounds, so that Node has compiled what is used.
  await submissions();
  await batches();
  for (const submit of Object.values(queues.submit)) await jobs(() => submit(workload));
  for (let round = 0; round < Number(values.rounds); round++) {
    const before = processorMs();
    const perSecond = await submissions();
    ours.push(1e6 / perSecond);
    processor.push(((processorMs() - before) * 1000) / (perSecond * SECONDS));
    batched.push(1e6 / (await batches()));
    for (const [name, submit] of Object.entries(queues.submit))
      costs[name].push(1e6 / (await jobs(() => submit(workload))));
    latencies.push(await readingUnderLoad());
  }
  const {name, peer, perSecond: peersPerSecond} = fastest(costs);
  const work = `a durable submission over HTTP, ${CONNECTIONS} connections, ${values.store === 'sqlite' ? 'SQLite' : 'real PostgreSQL'}`;
  print(
    row({
      name: 'api-submissions',
      work,
      against: `${name}, ${CONNECTIONS} callers, real PostgreSQL`,
      unit: 'µs',
      ours,
      peer,
      aim: {faster: 2},
      also: {
        perSecond: Math.round(1e6 / median(ours)),
        peersPerSecond,
        serveProcessorMicroseconds: Math.round(median(processor)),
      },
    }),
    single({name: 'api-submissions-rate', work: 'the same', against: '5,000/s', unit: 'µs', ours, most: 200}),
    single({
      name: 'api-submissions-batched',
      work: `a durable submission over HTTP in batches of ${BATCH}, 4 connections`,
      against: '50,000/s',
      unit: 'µs',
      ours: batched,
      most: 20,
      also: {perSecond: Math.round(1e6 / median(batched))},
    }),
    single({
      name: 'api-reads-under-load',
      work: 'GET /v1/workloads (97.5 of 100) while 100 a second are submitted over HTTP',
      against: 'the aim',
      unit: 'ms',
      ours: latencies,
      most: 25,
    }),
  );
} finally {
  await queues.close();
  served.process.kill('SIGTERM');
  await once(served.process, 'exit');
  await postgres.stop();
  rmSync(folder, {recursive: true, force: true});
}

/** The command line as people run it, where it is built; a project without hosts, so that nothing but submitting is done. */
async function serve() {
  writeFileSync(join(folder, 'niyanta.yaml'), 'apiVersion: niyanta/v1\nkind: Project\nname: bench\n');
  const program = existsSync(join(root, 'dist')) ? 'bin/run.js' : 'bin/dev.js';
  const flags = ['serve', '--json', '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const env = {...process.env, ...(values.store === 'postgres' && {NIYANTA_DATABASE: postgres.url('postgres')})};
  const child = spawn(process.execPath, [join(root, program), ...flags], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const line of createInterface({input: child.stdout})) {
    text += line;
    try {
      const {address, adminKey} = JSON.parse(text);
      return {
        process: child,
        address,
        headers: {authorization: `Bearer ${adminKey}`, 'content-type': 'application/json'},
      };
    } catch {
      // It is printed over several lines.
    }
  }
  throw new Error(`niyanta serve did not start: ${text}`);
}

/** How many a second. */
function submissions() {
  return answered('/v1/workloads', {workload}, CONNECTIONS);
}

/** The same, of workloads in batches. */
async function batches() {
  const workloads = Array.from({length: BATCH}, () => ({workload}));
  return BATCH * (await answered('/v1/workloads/batch', {workloads}, 4));
}

async function answered(path, body, connections) {
  const {address: url, headers} = served;
  const requests = [{method: 'POST', path, headers, body: JSON.stringify(body)}];
  const result = await autocannon({url, connections, duration: SECONDS, requests});
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  return result['2xx'] / result.duration;
}

/** Processor time that `serve` has had. */
function processorMs() {
  const stat = readFileSync(`/proc/${served.process.pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

async function jobs(submit) {
  const began = performance.now();
  let done = 0;
  const call = async () => {
    while (performance.now() < began + SECONDS * 1000) {
      await submit();
      done++;
    }
  };
  await Promise.all(Array.from({length: CONNECTIONS}, call));
  return (done * 1000) / (performance.now() - began);
}

/** What 97.5 of 100 GETs take at most, in milliseconds, while 100 a second are submitted. */
async function readingUnderLoad() {
  const {address: url, headers} = served;
  const body = JSON.stringify({workload});
  const duration = SECONDS;
  const submit = autocannon({
    url,
    connections: 10,
    overallRate: 100,
    duration,
    requests: [{method: 'POST', path: '/v1/workloads', headers, body}],
  });
  const read = autocannon({
    url,
    connections: 4,
    overallRate: 50,
    duration,
    requests: [{method: 'GET', path: '/v1/workloads?limit=20', headers}],
  });
  const [, {latency}] = await Promise.all([submit, read]);
  return latency.p97_5;
}
