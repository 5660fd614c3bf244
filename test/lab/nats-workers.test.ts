import {afterAll, beforeAll, expect, test} from 'vitest';
import {gatewayAddress} from '../../src/engine/lab/names.ts';
import {checkHistory} from '../engine/coordinator/harness/check-history.ts';
import {type NatsServer, natsServer} from '../engine/coordinator/nats/harness/nats-server.ts';
import {S3StandIn} from '../engine/runtime/backup/s3-stand-in.ts';
import {type FakeOtlpReceiver, fakeOtlpReceiver} from '../engine/telemetry/fake-otlp-receiver.ts';
import {Coordinators} from './harness/coordinators.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import {recordRun} from './harness/record-run.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {storeInPostgres} from './harness/store-in-postgres.ts';
import {bringNiyanta, WorkerInHost} from './harness/worker-in-host.ts';

const lab = sharedLab({hosts: 2});
const reference = 'docker.io/library/busybox:test';
const waits = {timeout: 90_000, interval: 100};
const postgres = storeInPostgres();

let location: string;
let broker: NatsServer;
let s3: S3StandIn;
let collector: FakeOtlpReceiver;
let coordinators: Coordinators;
const workers = new Map<string, WorkerInHost>();
const hostOf: Readonly<Record<string, string>> = {w1: 'h1', w2: 'h2'};
const ends: (() => unknown)[] = [];

const startWorker = async (name: string) => {
  const args = ['--nats', broker.url, '--label', `only=${name}`, '--metrics-listen', '127.0.0.1:9465'];
  const env = {OTEL_EXPORTER_OTLP_ENDPOINT: new URL(collector.url).origin};
  workers.set(name, await WorkerInHost.start(lab(), hostOf[name]!, name, args, env));
};

/** Two coordinators on a PostgreSQL and two workers that reach no more than the broker and the object storage. */
beforeAll(async () => {
  const archive = await busyboxArchive();
  ends.push((await postgres.start!()) as () => Promise<void>);
  ({location} = await postgres.make());
  // This machine's leg in the lab's network: the only address that its hosts reach.
  const here = gatewayAddress(lab().lab.number);
  broker = await natsServer('', end => ends.push(end), here);
  collector = await fakeOtlpReceiver(here, end => ends.push(end));
  s3 = await S3StandIn.start(here);
  ends.push(() => s3.stop());
  const settings = `apiVersion: niyanta/v1
kind: Server
failures: {beat: 500ms, suspect: 2s, lost: 5s, leader: 1s}
tracing: {otlp: '${new URL(collector.url).origin}', every: 100ms}
checkpoints:
  to: s3://${s3.access.bucket}/checkpoints
  s3: {endpoint: '${s3.endpoint}', accessKeyId: '\${secret:S3_ID}', secretAccessKey: '\${secret:S3_KEY}'}
`;
  const project = await lab().project('', {'server.yaml': settings}, '');
  await project.write('niyanta.yaml', 'apiVersion: niyanta/v1\nkind: Project\nname: test\nhosts: {}\n');
  const env = {
    NIYANTA_CONFIG: 'server.yaml',
    NIYANTA_NATS_URL: broker.url,
    NIYANTA_SECRET_S3_ID: s3.access.accessKeyId,
    NIYANTA_SECRET_S3_KEY: s3.access.secretAccessKey,
  };
  coordinators = new Coordinators(key => ServedCoordinator.startOn(project, location, key, env));
  ends.push(() => coordinators.end());
  await coordinators.add();
  const bringing = Object.entries(hostOf).map(async ([name, host]) => {
    // As if pulled before: there is no registry here.
    await lab().exec(host, ['ctr', '-n', 'niyanta', 'images', 'import', '-'], archive as unknown as string);
    await bringNiyanta(lab(), host);
    await startWorker(name);
  });
  await Promise.all([coordinators.add(), ...bringing]);
}, 300_000);

afterAll(async () => {
  for (const {child} of workers.values()) child.kill('SIGKILL');
  for (const end of ends.reverse()) await end();
});

const ask = async (method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>) =>
  (await coordinators.leader()).ask(method, path, body, headers);
const submit = async (name: string, parts: object, headers?: Readonly<Record<string, string>>): Promise<string> => {
  const workload = {name, image: reference, stop: {grace: '500ms'}, ...parts};
  return (await ask('POST', '/v1/workloads', {workload}, headers)).id;
};
const row = (id: string) => ask('GET', `/v1/workloads/${id}`);
const state = async (id: string) => (await row(id)).state;
const printed = async (id: string): Promise<readonly string[]> =>
  (await ask('GET', `/v1/workloads/${id}/logs`)).items.map(({text}: {text: string}) => text);
const conditions = async () =>
  (await ask('GET', '/v1/workers')).items.map(
    ({name, kind, condition}: Record<string, string>) => `${name} ${kind} ${condition}`,
  );
const waiting = 'echo begun; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo ended';
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

test('a job runs through a worker; log and files come to the database, lines, spans and figures of the worker say what it did', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const origin = {'x-request-id': 'asked-for-it', traceparent: `00-${traceId}-b7ad6b7169203331-01`};
  const command = ['sh', '-c', 'echo "$NIYANTA_REQUEST_ID"; echo "{\\"rows\\": 3}" >/result.json'];
  const id = await submit('hello', {command, outputs: {result: '/result.json'}, ...at('w1')}, origin);
  await expect.poll(() => state(id), waits).toBe('SUCCEEDED');
  expect(await printed(id)).toEqual(['asked-for-it']);
  expect((await ask('GET', `/v1/workloads/${id}/result`)).result ?? (await row(id)).result).toEqual({rows: 3});
  // What is heard of workers is stored once a second.
  await expect.poll(conditions, waits).toEqual(['w1 agent well', 'w2 agent well']);

  const about = () => workers.get('w1')!.said.flatMap(line => (line.includes(id) ? [JSON.parse(line)] : []));
  await expect.poll(() => about().map(({msg}) => msg), waits).toContain('an attempt is over here');
  for (const line of about())
    expect(line).toMatchObject({requestId: 'asked-for-it', traceId, workload: id, attempt: 1});
  const spans = () => collector.trace(traceId);
  const named = (name: string) => spans().find(span => span.name === name);
  await expect
    .poll(() => spans().map(({name}) => name), waits)
    .toEqual(
      expect.arrayContaining(['POST /v1/workloads', 'workload', 'prepare (image, inputs)', 'start container', 'run']),
    );
  const ids = () => spans().map(({spanId}) => spanId);
  await expect.poll(ids, waits).toContain(named('start container')!.parentSpanId);

  const figures = () => lab().sh('h1', 'busybox wget -qO- http://127.0.0.1:9465/metrics');
  await expect.poll(figures, waits).toContain('niyanta_host_cpu_cores{host="w1"}');
  expect(await figures()).toMatch(/^niyanta_broker_connected 1$/m);
  expect(await figures()).toMatch(/^niyanta_attempts_carried_out_total 1$/m);
  expect(await figures()).not.toMatch(/^niyanta_(leader|queue)/m);
});

test('a worker is killed, the broker as well: what runs goes on, is taken up again, and ends once', async () => {
  // However long a start takes here, its worker is waited for.
  const id = await submit('long', {command: ['sh', '-c', waiting], ...at('w1'), onLost: 'wait'});
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  expect(await printed(id)).toEqual(['begun']);
  await workers.get('w1')!.end('KILL');
  expect(await running('h1')).toEqual([`${id}.1`]);
  await Promise.all([startWorker('w1'), broker.kill().then(() => broker.start())]);
  await expect.poll(() => letGo('h1').then(() => state(id)), waits).toBe('SUCCEEDED');
  expect(await row(id)).toMatchObject({attempt: 1, worker: 'w1', exitCode: 0});
});

/** Writes 12 MB when it is told to, and says what it goes on from. */
const saves = `[ -z "$NIYANTA_RESTORE_FROM" ] || echo "from $(wc -c <$NIYANTA_RESTORE_FROM/state) bytes"
trap 'cd $NIYANTA_CHECKPOINT_DIR; head -c 12000000 /dev/urandom >state; sha256sum state >sums; mv sums SHA256SUMS' USR1
trap 'exit 1' TERM; ${waiting}`;

test('one that is cut off finds its attempt given away, and stops it; one that is told to end drains: each time work goes on from 12 MB at the object storage', async () => {
  const placement = {prefer: [{match: {only: 'w1'}, weight: 100}]};
  const id = await submit('moved', {command: ['sh', '-c', saves], checkpoint: {grace: '60s', keep: 5}, placement});
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  await expect.poll(() => printed(id), waits).toEqual(['begun']);
  const [here, there] = ['h1', 'h2'];
  await ask('POST', `/v1/workloads/${id}/checkpoint`);
  expect([...s3.objects.keys()]).toEqual([expect.stringMatching(`^checkpoints/${id}\\.1\\.`)]);
  await lab().partition(here);
  await expect.poll(async () => (await row(id)).worker, waits).toBe('w2');
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  await expect.poll(() => printed(id), waits).toEqual(['from 12000000 bytes', 'begun']);
  expect(await running(here)).toEqual([`${id}.1`]);
  await lab().heal(here);
  await expect.poll(() => running(here), waits).toEqual([]);
  expect(await running(there)).toEqual([`${id}.2`]);

  expect(await workers.get('w2')!.end('TERM')).toBe(0);
  await expect.poll(async () => (await row(id)).worker, waits).toBe('w1');
  await expect.poll(() => state(id), waits).toBe('RUNNING');
  await expect.poll(() => printed(id), waits).toEqual(['from 12000000 bytes', 'begun']);
  expect(await running(there)).toEqual([]);
  expect((await ask('GET', `/v1/workloads/${id}/checkpoints`)).items).toMatchObject([
    {number: 2, attempt: 2, why: 'drain'},
    {number: 1, attempt: 1, why: 'manual'},
  ]);
  await expect.poll(() => letGo(here).then(() => state(id)), waits).toBe('SUCCEEDED');
});

test('under load the leader is killed, the broker restarted, a worker cut off and back: all that was accepted ends once', async () => {
  // It drained, and comes again.
  await startWorker('w2');
  const more = async (count: number) => {
    const before = coordinators.acknowledged.size;
    await expect.poll(() => coordinators.acknowledged.size, waits).toBeGreaterThan(before + count);
  };
  const nap = (number: number) =>
    number % 8 === 0
      ? {name: `job-${number}`, image: reference, command: ['sleep', '0.2']}
      : {name: `nap-${number}`, type: 'sleep', with: {seconds: (number % 4) / 10}};
  coordinators.load(2, nap);
  await more(5);
  coordinators.kill(await coordinators.leader());
  await more(5);
  await lab().partition('h1');
  await broker.kill();
  await more(2);
  await broker.start();
  await expect.poll(conditions, waits).toContain('w1 agent lost');
  await lab().heal('h1');
  await expect.poll(conditions, waits).toEqual(['w1 agent well', 'w2 agent well']);
  await more(2);
  await coordinators.stopLoad();
  await expect.poll(() => coordinators.unfinished(), waits).toEqual([]);

  const store = await postgres.open(location);
  const record = await recordRun(store, [...coordinators.acknowledged.values()]);
  await store.close();
  expect(checkHistory(record)).toEqual([]);
  expect(record.events.filter(({type}) => type === 'leader.elected').length).toBeGreaterThan(1);
});
