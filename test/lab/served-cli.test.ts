import {join} from 'node:path';
import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {DarkProxy} from './harness/dark-proxy.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 2});
const waits = {timeout: 90_000, interval: 200};

const stack = (message: string): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  talk:
    archive: ./busybox.tar
    command: [sh, -c, "while :; do n=$((n + 1)); echo $n; sleep 0.1; done"]
    replicas: 2
    stop: {grace: 0s}
  web:
    archive: ./busybox.tar
    command: [sh, -c, "echo ${message}; exec sleep 10000"]
    scale: {max: 2, queue: {perReplica: 1, labels: {kind: thumbnail}}, cooldown: {up: 0s}}
    stop: {grace: 0s}
`;

let project: TestProject;
let serve: ServedCoordinator;
let key: string;
beforeAll(async () => {
  project = await lab().project(stack('one'), {'busybox.tar': await busyboxArchive()});
  serve = await start();
  key = serve.adminKey!;
});

// What would be waited for is shortened: looks at the load, and the end of a lost leader's time.
const start = (known?: string) =>
  ServedCoordinator.startWith(
    project,
    join(lab().scratch, 'data'),
    {NIYANTA_STACKS_SCALE: '1s', NIYANTA_FAILURES_LEADER: '1s'},
    known,
  );

/** The command line, told of the coordinator as people tell it. */
const niyanta = (...args: readonly string[]) =>
  project.niyanta(args, {env: {NIYANTA_SERVER: serve.address, NIYANTA_API_KEY: key}});
const json = async (...args: readonly string[]) => JSON.parse((await niyanta(...args, '--json')).stdout);
const running = async () => {
  const {replicas} = await serve.ask('GET', '/v1/environments/test.default/replicas');
  return replicas.filter(({state, service}: Record<string, string>) => state === 'running' && service === 'web').length;
};

test('a stack is planned, applied and seen through a coordinator, as it would be from here', async () => {
  const planned = await niyanta('plan', '--detailed-exitcode');
  expect([planned.code, planned.stderr]).toEqual([2, '']);
  expect(planned.stdout).toContain('web');
  const refused = await niyanta('apply');
  expect(refused).toMatchObject({code: 3, stderr: expect.stringContaining('Apply this plan to environment default?')});
  const applied = await niyanta('apply', '--yes');
  expect(applied).toMatchObject({code: 0, stdout: expect.stringContaining('Applied')});
  expect(applied.stderr).toContain('web 1');
  const replicas = [
    ['talk', 1],
    ['talk', 2],
    ['web', 1],
  ].map(([service, replica]) => ({service, replica, state: 'running'}));
  expect((await json('ps')).replicas).toMatchObject(replicas);
  expect(await niyanta('apply', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing to change'),
  });
  expect((await niyanta('logs', 'web')).stdout).toBe('web-1 | one\n');
});

/** A command that goes on, with what it printed as JSON until now. */
function started(address: string, ...args: readonly string[]) {
  const child = project.start([...args, '--json'], {env: {NIYANTA_SERVER: address, NIYANTA_API_KEY: key}});
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr!.on('data', chunk => {
    stderr += chunk;
  });
  return {
    // biome-ignore lint/suspicious/noExplicitAny: tests read what the command documents.
    lines: (): any[] =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line)),
    stderr: () => stderr,
    interrupted: () => {
      const ended = new Promise(resolve => child.once('close', resolve));
      child.kill('SIGINT');
      return ended;
    },
  };
}

test('logs -f and ps --watch go on where they were, over a lost connection and a coordinator that is killed', async () => {
  const proxy = await DarkProxy.before(Number(new URL(serve.address).port));
  onTestFinished(() => proxy.close());
  const address = `http://127.0.0.1:${proxy.port}`;
  const [logs, watch] = [started(address, 'logs', 'talk', '-f', '--tail', '10000'), started(address, 'ps', '--watch')];
  const texts = (of: number) => logs.lines().flatMap(({replica, text}) => (replica === of ? [text] : []));
  /** Both have printed more than until now. */
  const more = async () => {
    const before = [texts(1).length, texts(2).length, watch.lines().length];
    const now = () =>
      [texts(1).length, texts(2).length, watch.lines().length].every((count, index) => count > before[index]!);
    await expect.poll(now, waits).toBe(true);
  };
  await more();
  proxy.cut();
  await more();
  await serve.end('SIGKILL');
  const second = await start(key);
  proxy.lead(Number(new URL(second.address).port));
  await more();
  serve = second;
  for (const replica of [1, 2])
    expect(texts(replica)).toEqual(Array.from(texts(replica), (_, index) => String(index + 1)));
  expect(logs.stderr()).toContain('goes on when it does');
  expect(watch.lines().at(-1).replicas).toHaveLength(3);
  expect(await Promise.all([logs.interrupted(), watch.interrupted()])).toEqual([130, 0]);
});

test('what waits in the queue brings a second replica; apply keeps it, rollback and destroy need no files', async () => {
  const workload = {
    name: 'thumb',
    type: 'sleep',
    with: {seconds: 1},
    labels: {kind: 'thumbnail'},
    resources: {cpu: 999},
  };
  await serve.ask('POST', '/v1/workloads', {workload});
  await serve.ask('POST', '/v1/workloads', {workload});
  await expect.poll(running, waits).toBe(2);
  const {items} = await serve.ask('GET', '/v1/audit?type=environment.scaled');
  expect(items[0].data).toMatchObject({
    service: 'web',
    from: 1,
    to: 2,
    reason: 'queue 2 waiting of 1 a replica: 1 → 2',
  });

  await project.write('stack.yaml', stack('two'));
  const events = (await niyanta('apply', '--yes', '--json')).stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(events.at(-1)).toMatchObject({type: 'result', outcome: 'applied'});
  expect(await running()).toBe(2);
  expect(await niyanta('scale', 'talk=1', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Applied'),
  });
  expect(await niyanta('rollback', '--yes')).toMatchObject({code: 0});
  const {history} = await json('history');
  expect(history.map(({action}: {action: string}) => action)).toEqual(['apply', 'scale', 'apply', 'scale', 'rollback']);
});

test('a release waits to be promoted, services are stopped and started: through the coordinator, and left so by its healing', async () => {
  await project.write('stack.yaml', `${stack('three')}    update: {strategy: blue-green, promote: manual}\n`);
  expect(await niyanta('apply', '--yes')).toMatchObject({code: 0});
  expect((await json('release', 'status')).releases).toMatchObject([{service: 'web', state: 'open'}]);
  expect((await niyanta('release', 'status')).stdout).toContain('niyanta release promote|abort web');
  const containers = async () => {
    const {replicas} = await serve.ask('GET', '/v1/environments/test.default/replicas');
    return replicas.filter(({service}: {service: string}) => service === 'web').length;
  };
  const before = await containers();
  const promoted = await niyanta('release', 'promote', '--yes');
  expect([promoted.code, promoted.stderr]).toEqual([0, expect.stringContaining('web')]);
  expect((await json('release', 'status')).releases).toEqual([]);
  expect(await containers()).toBe(before / 2);
  expect((await niyanta('release', 'abort', '--yes')).stderr).toContain('no release is open');

  expect(await niyanta('stop', 'web', '--yes')).toMatchObject({code: 0});
  expect(await running()).toBe(0);
  await serve.ask('POST', '/v1/environments/test.default/heal');
  const condition = async () => (await serve.ask('GET', '/v1/environments/test.default')).condition;
  await expect.poll(condition, waits).toBe('healthy');
  expect(await running()).toBe(0);
  expect(await niyanta('start', '--yes')).toMatchObject({code: 0, stdout: expect.stringContaining('Applied')});
  expect(await running()).toBe(before / 2);
  const {items} = await serve.ask('GET', '/v1/audit?type=environment.asked');
  expect(items.map(({data}: {data: {kind: string}}) => data.kind)).toEqual(
    expect.arrayContaining(['promote', 'stop', 'start']),
  );
  expect(await niyanta('destroy', '--yes')).toMatchObject({code: 0});
  expect((await niyanta('ps')).code).not.toBe(0);
});
