// A plan that finds nothing to do on 100 hosts at 50 ms round trip, whole process, and the memory that it takes:
// `node scripts/node24.mjs bench/plan-100-hosts.mjs [--hosts 100] [--containers 300] [--rounds 5] [--json]`.
// The hosts are simulated (simulated-hosts.mjs), the way to them is a relay in a process of its own (relay.mjs).
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {root} from '../scripts/node24.mjs';
import {startRelay} from './relay.mjs';
import {median, print, single} from './result.mjs';
import {freshKey, observationOf, recordedObservation, startSimulatedHosts} from './simulated-hosts.mjs';
import {build} from './stage.mjs';

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
const folder = await mkdtemp(join(tmpdir(), 'niyanta-bench-'));

// The kernel's count of the most memory that it had, told by the process as its last act.
const hook = `import {writeFileSync} from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(join(folder, 'peak'))}, String(process.resourceUsage().maxRSS)));
`;

/** Runs the command line; gives its time in seconds, the most memory that it had in MB, and what it said. */
async function niyanta(...args) {
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin', 'run.js'), '-C', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {PATH: process.env.PATH, HOME: folder, NODE_OPTIONS: `--import=${join(folder, 'peak.mjs')}`},
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`niyanta ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return {seconds, megabytes: Number(await readFile(join(folder, 'peak'), 'utf8')) / 1024, stdout};
}

/** The project: simulated hosts behind the relay, and a stack whose plan they have carried out. */
async function stage(simulated, relayed) {
  await writeFile(join(folder, 'peak.mjs'), hook);
  await writeFile(join(folder, 'key'), freshKey().private, {mode: 0o600});
  const hosts = simulated.hosts.map(
    ({name, hostKey}, i) =>
      `  ${name}: {address: 127.0.0.1, port: ${relayed[i]}, user: root, identityFile: ./key, hostKey: "${hostKey}", networkAddress: ${addressOf(i)}}\n`,
  );
  const head = 'apiVersion: niyanta/v1\nkind: ';
  await writeFile(join(folder, 'niyanta.yaml'), `${head}Project\nname: bench\nhosts:\n${hosts.join('')}`);
  const image = `example.test/web:1@sha256:${'a'.repeat(64)}`;
  const web = `  web: {image: "${image}", replicas: ${containers}, placement: {spread: host}}\n`;
  await writeFile(join(folder, 'stack.yaml'), `${head}Stack\nname: bench\nservices:\n${web}`);
  const recorded = await recordedObservation();
  const tell = (specs, networks) =>
    simulated.tell(
      simulated.hosts.map(({name}, i) => [
        name,
        observationOf(recorded, {host: name, address: addressOf(i), specs, network: networks.get(name)}),
      ]),
    );
  await tell([], new Map());
  await niyanta('plan', '-o', join(folder, 'first.json'));
  const {plan} = JSON.parse(await readFile(join(folder, 'first.json'), 'utf8'));
  const specs = plan.operations.flatMap(({kind, spec}) => (kind === 'container' ? [spec] : []));
  const networks = plan.operations.flatMap(({kind, host, network}) => (kind === 'network' ? [[host, network]] : []));
  await tell(specs, new Map(networks));
  await writeFile(join(folder, 'niyanta.lock.json'), JSON.stringify(lockFileAfter(plan, specs), null, 2));
  const {operations} = JSON.parse((await niyanta('plan', '--json')).stdout);
  if (operations.length > 0) throw new Error(`something is left to do: ${JSON.stringify(operations[0])}`);
}

/** An address of a host's own, which the observation of it has. */
const addressOf = i => `10.77.${Math.floor(i / 250)}.${(i % 250) + 1}`;

/** The state after the plan was applied. */
function lockFileAfter({stack, subnets}, specs) {
  const web = specs.map(({id, replica, host, network}) => ({
    replica,
    host,
    address: network.address,
    container: id,
    ports: [],
  }));
  const environment = {stack, fence: 1, images: {}, subnets, placements: {web}, stopped: [], history: []};
  const salt = Buffer.alloc(16, 1).toString('base64');
  return {version: 1, project: 'bench', serial: 1, salt, environments: {default: environment}};
}

if (!existsSync(join(root, 'dist'))) build();
const simulated = await startSimulatedHosts(Array.from({length: count}, (_, i) => `h${i + 1}`));
const relay = await startRelay(
  simulated.hosts.map(({port}) => port),
  roundTripMs,
);
try {
  await stage(simulated, relay.ports);
  const taken = [];
  for (let round = 0; round < rounds; round++) taken.push(await niyanta('plan'));
  const seconds = taken.map(each => each.seconds);
  print(
    single({
      name: 'plan-100-hosts',
      work: `no-op plan, ${count} simulated hosts, ${containers} containers, ${roundTripMs} ms round trip`,
      against: '3 s',
      unit: 's',
      ours: [median(seconds)],
      most: 3,
      also: {
        rounds: {ours: seconds},
        roundTrips: Math.round(median(seconds) / (roundTripMs / 1000)),
        megabytes: Math.round(Math.max(...taken.map(each => each.megabytes))),
      },
    }),
  );
} finally {
  relay.close();
  simulated.close();
  await rm(folder, {recursive: true, force: true});
}
