import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {silentLog} from '../../src/engine/coordinator/log.ts';
import {openCoordinator} from '../../src/engine/coordinator/open-coordinator.ts';
import {defaultCoordinatorSettings} from '../../src/engine/coordinator/settings.ts';
import {openSqliteStore} from '../../src/engine/coordinator/store/open-store.ts';
import {openProjectOnly} from '../../src/engine/open-project.ts';
import {readWorkloadFiles} from '../../src/engine/read-workload-files.ts';
import {openSession} from '../../src/engine/session.ts';
import {submission} from '../engine/coordinator/store/samples.ts';
import {busyboxProgram} from './harness/busybox-archive.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 1});

let project: TestProject;
let server: ServedCoordinator;
beforeAll(async () => {
  project = await lab().project('', {
    'busybox.tar': await busyboxArchive(),
    'large.bin': Buffer.alloc(5 * 2 ** 20, 'x'),
  });
  server = await ServedCoordinator.start(project, join(lab().scratch, 'data'));
});

const job = (name: string, script: string, ...lines: readonly string[]): string =>
  [
    'apiVersion: niyanta/v1',
    'kind: Workload',
    `name: ${name}`,
    'archive: ./busybox.tar',
    `command: [sh, -c, ${JSON.stringify(script)}]`,
    ...lines,
  ].join('\n');

const niyanta = (...args: readonly string[]) =>
  project.niyanta(args, {env: {NIYANTA_API_KEY: server.adminKey!, NIYANTA_SERVER: server.address}});

test('an archive and a large input go along with submit, once; one after the other, and the exit code is that of the job', async () => {
  await project.write('one.yaml', job('one', 'wc -c </in/large', 'inputs: {files: ["./large.bin:/in/large"]}'));
  const first = await niyanta('submit', 'one.yaml', '--follow');
  expect(first.stderr).toContain('sent');
  expect(first).toMatchObject({code: 0, stdout: '5242880\n'});
  const [, id] = /one {2}([0-9a-f-]{36})/.exec(first.stderr)!;
  await project.write('two.yaml', job('two', 'echo second; exit 9'));
  const second = await niyanta('submit', 'two.yaml', '--after', `${id}:always`, '--follow');
  expect(second).toMatchObject({code: 9, stdout: 'second\n'});
  expect(second.stderr).not.toMatch(/^sent/m);
  const third = await niyanta('submit', 'two.yaml', '--after', `${id}:failure`, '--wait');
  expect(third).toMatchObject({code: 3, stderr: expect.stringContaining('cancelled')});
});

test('what is built here goes along with submit, and is built and sent once', async () => {
  await project.write('image/Dockerfile', 'FROM scratch\nCOPY busybox /bin/busybox\nARG WHO\nENV WHO=$WHO\n');
  await writeFile(join(project.directory, 'image/busybox'), await busyboxProgram(), {mode: 0o755});
  const lines = ['name: built', 'build: {context: ./image, args: {WHO: us}}'];
  const command = 'command: [/bin/busybox, sh, -c, "echo built for $$WHO"]';
  await project.write('built.yaml', ['apiVersion: niyanta/v1', 'kind: Workload', ...lines, command].join('\n'));
  const first = await niyanta('submit', 'built.yaml', '--follow');
  expect(first).toMatchObject({
    code: 0,
    stdout: 'built for us\n',
    stderr: expect.stringMatching(/^STEP 1(.*\n)*sent /m),
  });
  const again = await niyanta('submit', 'built.yaml', '--follow');
  expect(again).toMatchObject({code: 0, stdout: 'built for us\n'});
  expect(again.stderr).not.toMatch(/^(STEP|sent) /m);
});

test('a workload begins again from a checkpoint of before, and a new one from the same', async () => {
  const script = [
    'if [ -n "$NIYANTA_RESTORE_FROM" ]; then echo "from $(cat $NIYANTA_RESTORE_FROM/state)"; exit 0; fi',
    'cd $NIYANTA_CHECKPOINT_DIR; n=0',
    "trap 'n=$((n+1)); echo $n >state; sha256sum state >sums.new; mv sums.new SHA256SUMS' USR1",
    "trap 'exit 1' TERM; echo ready; while :; do sleep 0.1; done",
  ].join('\n');
  await project.write('saving.yaml', job('saving', script, 'checkpoint: {grace: 30s}'));
  const [, id] = /([0-9a-f-]{36})/.exec((await niyanta('submit', 'saving.yaml')).stdout) as unknown as [string, string];
  const printed = async () => (await server.ask('GET', `/v1/workloads/${id}/logs`)).items.length;
  await expect.poll(printed, {timeout: 60_000}).toBe(1);
  const {workloads: top} = JSON.parse((await niyanta('workload', 'top', '--json')).stdout);
  expect(top).toMatchObject([{id, worker: 'h1', cpu: expect.any(Number)}]);
  expect(top[0].memory).toBeGreaterThan(10_000);
  for (const _ of [1, 2]) await server.ask('POST', `/v1/workloads/${id}/checkpoint`);
  await server.ask('POST', `/v1/workloads/${id}/cancel`);
  const state = async () => (await server.ask('GET', `/v1/workloads/${id}`)).state;
  await expect.poll(state, {timeout: 60_000}).toBe('CANCELLED');
  const listed = JSON.parse((await niyanta('checkpoint', 'ls', id, '--json')).stdout).checkpoints;
  expect(listed.map(({number}: {number: number}) => number)).toEqual([2, 1]);
  const again = JSON.parse((await niyanta('checkpoint', 'restore', id, '1', '--json')).stdout);
  expect(again.workloads).toMatchObject([{id, state: 'PENDING'}]);
  const copied = JSON.parse((await niyanta('checkpoint', 'restore', id, '2', '--new', '--json')).stdout);
  const lines = async (of: string) => (await niyanta('workload', 'logs', of, '--follow')).stdout;
  expect(await lines(id)).toContain('from 1');
  expect(await lines(copied.workloads[0].id)).toBe('from 2\n');
  const refused = await niyanta('checkpoint', 'restore', id);
  expect(refused).toMatchObject({code: expect.any(Number), stderr: expect.stringContaining('--new')});
});

test('devices that a host declares: one workload at a time has each (character devices stand in for GPUs)', async () => {
  const opened = await openProjectOnly({cwd: project.directory, env: {HOME: project.home}});
  const session = await openSession(opened, {HOME: project.home});
  const gpus = [0, 1].map(number => ({device: `/dev/niyanta-gpu${number}`, kind: 'stand-in'}));
  for (const [index, {device}] of gpus.entries())
    await lab().sh('h1', `rm -f ${device}; mknod -m 666 ${device} c 1 ${5 + 2 * index}`);
  const store = await openSqliteStore(join(lab().scratch, 'gpus'), {usageHalfLifeMs: 86_400_000});
  onTestFinished(() => store.close());
  const hosts = session.hosts.map(host => ({...host, gpus}));
  const wish = {id: 'gpus', store, session: {...session, hosts}, settings: defaultCoordinatorSettings, log: silentLog};
  const {coordinator, close} = await openCoordinator(wish);
  onTestFinished(() => close(5000));
  const script = "trap 'exit 143' TERM; for d in /dev/niyanta-gpu*; do echo has $d; done; while :; do sleep 0.1; done";
  await project.write(
    'gpu.yaml',
    job('gpu', script, 'resources: {gpu: 1}', 'placement: {require: {gpu-kind: stand-in}}'),
  );
  const [placed] = await readWorkloadFiles({cwd: project.directory, env: {}, files: ['gpu.yaml']});
  const one = () => submission('gpu', {}, {...placed!.workload});
  const jobs = [one(), one(), one()];
  await coordinator.submit(jobs);
  const rows = () => Promise.all(jobs.map(async ({id}) => (await store.workload('everyone', id))!));
  const states = async () => (await rows()).map(({state}) => state).sort();
  await expect.poll(states, {timeout: 60_000}).toEqual(['PENDING', 'RUNNING', 'RUNNING']);
  const waiting = (await rows()).find(({state}) => state === 'PENDING')!;
  expect((await coordinator.why('everyone', waiting.id))!.text).toContain('GPU');
  const lines = async ({id}: {id: string}): Promise<string[]> => {
    const texts: string[] = [];
    const signal = AbortSignal.timeout(30_000);
    for await (const {text} of (await coordinator.logs('everyone', id, {follow: false, signal}))!) texts.push(text);
    return texts;
  };
  const running = (await rows()).filter(({state}) => state === 'RUNNING');
  const seen = async () => (await Promise.all(running.map(lines))).flat().sort();
  await expect.poll(seen, {timeout: 60_000}).toEqual(gpus.map(({device}) => `has ${device}`));
  await coordinator.ask('everyone', running[0]!.id, 'cancel', {name: 'cli:test'});
  await expect
    .poll(async () => (await store.workload('everyone', waiting.id))!.state, {timeout: 60_000})
    .toBe('RUNNING');
  await expect.poll(() => lines(waiting), {timeout: 60_000}).toEqual(await lines(running[0]!));
  for (const {id} of [running[1]!, waiting]) await coordinator.ask('everyone', id, 'cancel', {name: 'cli:test'});
  await expect.poll(states, {timeout: 60_000}).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
});
