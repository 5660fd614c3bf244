// A plan that finds nothing to do on 100 hosts at 50 ms round trip, whole process: `node scripts/node24.mjs
// bench/plan-100-hosts.mjs [--hosts 100] [--containers 300] [--rounds 5] [--json]`. The hosts are simulated
// (simulated-hosts.mjs), the way to them is a relay of its own process (relay.mjs). Compared with one round trip.
import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {startRelay} from './relay.mjs';
import {freshKey, observationOf, recordedObservation, startSimulatedHosts} from './simulated-hosts.mjs';

const {values} = parseArgs({
  options: {
    hosts: {type: 'string', default: '100'},
    containers: {type: 'string', default: '300'},
    rounds: {type: 'string', default: '5'},
    json: {type: 'boolean', default: false},
  },
});
const [count, containers, rounds] = [values.hosts, values.containers, values.rounds].map(Number);
const roundTripMs = 50;
const built = new URL(process.env.NIYANTA_BENCH_ENTRY ?? '../bin/run.js', import.meta.url).pathname;
const folder = await mkdtemp(join(tmpdir(), 'niyanta-bench-'));

/** Runs the command line; gives its time in seconds, the most memory that it had in MB, and what it said. */
async function niyanta(...args) {
  const began = performance.now();
  const child = spawn('/usr/bin/env', ['time', '-f', 'peak %M', process.execPath, built, '-C', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {PATH: process.env.PATH, HOME: folder},
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`niyanta ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return {seconds, megabytes: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024, stdout};
}

const names = Array.from({length: count}, (_, i) => `h${i + 1}`);
const simulated = await startSimulatedHosts(names);
const relay = await startRelay(
  simulated.hosts.map(({port}) => port),
  roundTripMs,
);
try {
  await writeFile(join(folder, 'key'), freshKey().private, {mode: 0o600});
  const hosts = simulated.hosts.map(
    ({name, hostKey}, i) =>
      `  ${name}: {address: 127.0.0.1, port: ${relay.ports[i]}, user: root, identityFile: ./key, hostKey: "${hostKey}"}\n`,
  );
  await writeFile(
    join(folder, 'niyanta.yaml'),
    `apiVersion: niyanta/v1\nkind: Project\nname: bench\nhosts:\n${hosts.join('')}`,
  );
  const image = `example.test/web:1@sha256:${'a'.repeat(64)}`;
  await writeFile(
    join(folder, 'stack.yaml'),
    `apiVersion: niyanta/v1\nkind: Stack\nname: bench\nservices:\n  web:\n    image: ${image}\n    replicas: ${containers}\n    placement: {spread: host}\n`,
  );
  const recorded = await recordedObservation();
  await simulated.tell(names.map(name => [name, observationOf(recorded, [])]));
  await niyanta('plan', '-o', 'first.json');
  const {plan} = JSON.parse(await readFile(join(folder, 'first.json'), 'utf8'));
  const specs = plan.operations.flatMap(({kind, spec}) => (kind === 'container' ? [spec] : []));
  await simulated.tell(
    names.map(name => [
      name,
      observationOf(
        recorded,
        specs.filter(({host}) => host === name),
      ),
    ]),
  );
  await writeLockFile(plan, specs);
  const found = await niyanta('plan', '--json');
  const {operations} = JSON.parse(found.stdout);
  if (operations.length > 0) throw new Error(`something is left to do: ${JSON.stringify(operations[0])}`);
  const taken = [];
  for (let round = 0; round < rounds; round++) taken.push(await niyanta('plan'));
  const seconds = median(taken.map(each => each.seconds));
  const megabytes = Math.max(...taken.map(each => each.megabytes));
  const peer = roundTripMs / 1000;
  if (values.json) {
    const name = `no-op plan, ${count} simulated hosts at ${roundTripMs} ms round trip`;
    const figures = {name, ours: seconds, peer, ratio: seconds / peer, aim: 3, unit: 's', megabytes};
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } else {
    process.stdout.write(
      `no-op plan, ${count} simulated hosts, ${specs.length} containers, ${roundTripMs} ms round trip: ${seconds.toFixed(2)} s (median of ${rounds}), at most ${megabytes.toFixed(0)} MB\n`,
    );
  }
} finally {
  relay.close();
  simulated.close();
  await rm(folder, {recursive: true, force: true});
}

/** The state after the plan was applied. */
async function writeLockFile(plan, specs) {
  const web = specs.map(({id, replica, host, network}) => ({
    replica,
    host,
    address: network.address,
    container: id,
    ports: [],
  }));
  const state = {
    stack: 'bench',
    fence: 1,
    images: {},
    subnets: plan.subnets,
    placements: {web},
    stopped: [],
    history: [],
  };
  const salt = Buffer.alloc(16, 1).toString('base64');
  const lock = {version: 1, project: 'bench', serial: 1, salt, environments: {default: state}};
  await writeFile(join(folder, 'niyanta.lock.json'), JSON.stringify(lock, null, 2));
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}
