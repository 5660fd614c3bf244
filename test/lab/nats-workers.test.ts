import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {gatewayAddress} from '../../src/engine/lab/names.ts';
import {type NatsServer, natsServer} from '../engine/coordinator/nats/harness/nats-server.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {bringNiyanta, WorkerInHost} from './harness/worker-in-host.ts';

const lab = sharedLab({hosts: 2});
const reference = 'docker.io/library/busybox:test';
const waits = {timeout: 90_000, interval: 100};

let broker: NatsServer;
let served: ServedCoordinator;
let natsArgs: readonly string[];
const workers = new Map<string, WorkerInHost>();
const hostOf: Readonly<Record<string, string>> = {w1: 'h1', w2: 'h2'};

const startWorker = async (name: string) => {
  const args = [...natsArgs, '--label', `only=${name}`, '--stop-deadline', '6s'];
  workers.set(name, await WorkerInHost.start(lab(), hostOf[name]!, name, args));
};

beforeAll(async () => {
  const archive = await busyboxArchive();
  // This machine's leg in the lab's network: the only address that its hosts reach.
  broker = await natsServer('', end => ends.push(end), gatewayAddress(lab().lab.number));
  natsArgs = ['--nats', broker.url];
  const directory = join(lab().scratch, 'served');
  const project = await lab().project('', {}, '');
  await project.write('niyanta.yaml', 'apiVersion: niyanta/v1\nkind: Project\nname: test\nhosts: {}\n');
  served = await ServedCoordinator.startWith(project, directory, {NIYANTA_NATS_URL: broker.url});
  for (const [name, host] of Object.entries(hostOf)) {
    // As if pulled before: there is no registry here.
    await lab().exec(host, ['ctr', '-n', 'niyanta', 'images', 'import', '-'], archive as unknown as string);
    await bringNiyanta(lab(), host);
    await startWorker(name);
  }
}, 180_000);

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  served?.child.kill('SIGKILL');
  for (const {child} of workers.values()) child.kill('SIGKILL');
  for (const end of ends) await end();
});

const submit = async (name: string, workload: object) =>
  (await served.ask('POST', '/v1/workloads', {workload: {name, image: reference, stop: {grace: '500ms'}, ...workload}}))
    .id as string;
const row = (id: string) => served.ask('GET', `/v1/workloads/${id}`);
const state = async (id: string) => (await row(id)).state;
const waiting = ['sh', '-c', 'echo begun; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo ended'];
const at = (name: string) => ({placement: {require: {only: name}}});

/** Workloads' containers that run on a host, as `WORKLOAD.ATTEMPT`. */
const running = async (host: string): Promise<readonly string[]> =>
  (await lab().sh(host, 'ctr -n niyanta tasks ls | awk \'$3 == "RUNNING" {print $1}\''))
    .split('\n')
    .filter(id => id.startsWith('workload.'))
    .map(id => id.replace('workload.', ''));

/** Lets the jobs on a host get to their end. */
const letGo = (host: string) =>
  lab().sh(
    host,
    `for pid in $(grep -lsaF 'while [ ! -e /tmp/go' /proc/[0-9]*/cmdline | cut -d/ -f3); do [ ! -d /proc/$pid/root/tmp ] || touch /proc/$pid/root/tmp/go; done; rm -f /tmp/go`,
  );

test('a job runs through a worker; its log and its files come to the database', async () => {
  const command = ['sh', '-c', 'echo hello; echo "{\\"rows\\": 3}" >/result.json'];
  const id = await submit('hello', {command, outputs: {result: '/result.json'}});
  await expect.poll(() => state(id), waits).toBe('SUCCEEDED');
  const {items} = await served.ask('GET', `/v1/workloads/${id}/logs`);
  expect(items.map(({text}: {text: string}) => text)).toEqual(['hello']);
  expect((await served.ask('GET', `/v1/workloads/${id}/result`)).result ?? (await row(id)).result).toEqual({rows: 3});
  // What is heard of workers is stored once a second.
  await expect
    .poll(async () => (await served.ask('GET', '/v1/workers')).items, waits)
    .toMatchObject([
      {name: 'w1', kind: 'agent', condition: 'well'},
      {name: 'w2', kind: 'agent', condition: 'well'},
    ]);
});

test('a worker is killed, the broker as well: what runs goes on, is taken up again, and ends once', async () => {
  // However long a start takes here, its worker is waited for.
  const id = await submit('long', {command: waiting, ...at('w1'), onLost: 'wait'});
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  const {items} = await served.ask('GET', `/v1/workloads/${id}/logs`);
  expect(items.map(({text}: {text: string}) => text)).toEqual(['begun']);
  await workers.get('w1')!.end('KILL');
  expect(await running('h1')).toEqual([`${id}.1`]);
  await startWorker('w1');
  await broker.kill();
  await broker.start();
  await expect.poll(() => letGo('h1').then(() => state(id)), waits).toBe('SUCCEEDED');
  expect(await row(id)).toMatchObject({attempt: 1, worker: 'w1', exitCode: 0});
});

test('a worker that is cut off finds its attempt given away, and stops it; one that is told to end drains', async () => {
  const id = await submit('moved', {command: waiting});
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  const first: string = (await row(id)).worker;
  const other = first === 'w1' ? 'w2' : 'w1';
  const [here, there] = [hostOf[first]!, hostOf[other]!];
  await lab().partition(here);
  await expect.poll(async () => (await row(id)).worker, waits).toBe(other);
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  expect(await running(here)).toEqual([`${id}.1`]);
  await lab().heal(here);
  await expect.poll(() => running(here), waits).toEqual([]);
  expect((await running(there)).map(each => each.slice(0, each.lastIndexOf('.')))).toEqual([id]);
  // It cannot write checkpoints: it has until shortly before the deadline to end, and begins anew elsewhere then.
  expect(await workers.get(other)!.end('TERM')).toBe(0);
  await expect.poll(async () => (await row(id)).worker, waits).toBe(first);
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  expect(await running(there)).toEqual([]);
  await expect.poll(() => letGo(here).then(() => state(id)), waits).toBe('SUCCEEDED');
});
