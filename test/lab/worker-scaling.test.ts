import {chmod, mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {beforeAll, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 2});
const waits = {timeout: 120_000, interval: 200};
const entry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

/** The hook of docs/AUTOSCALING.md, with one machine to give. */
const hook = (login: string): string => `#!/bin/sh
set -eu
wish=$(cat)
echo "$wish" >>wishes
niyanta() { ${process.execPath} ${entry} "$@"; }
case $wish in
*'"action":"add"'*) niyanta host add h2 ${login} ;;
*) niyanta host rm h2 --yes ;;
esac
kill -HUP $PPID
`;

let project: TestProject;
let serve: ServedCoordinator;
beforeAll(async () => {
  const {identityFile} = lab().lab;
  const [h1, h2] = ['h1', 'h2'].map(name => lab().host(name));
  project = new TestProject(join(lab().scratch, 'own'), join(lab().scratch, 'home'));
  await mkdir(project.home, {recursive: true});
  await project.write(
    'niyanta.yaml',
    `apiVersion: niyanta/v1
kind: Project
name: own
hosts:
  h1: {address: ${h1!.address}, hostKey: "${h1!.hostKey}", user: root, identityFile: ${identityFile}}
server:
  workerScaling: {min: 1, max: 2, every: 1s, wait: 1s, idle: 2s, cooldown: 1s, command: [./scale.sh]}
`,
  );
  const login = `${h2!.address} --user root --identity-file ${identityFile} --fingerprint ${h2!.hostKey}`;
  await project.write('scale.sh', hook(login));
  await chmod(join(project.directory, 'scale.sh'), 0o755);
  lab().projects.push(project);
  serve = await ServedCoordinator.start(project, join(lab().scratch, 'data'));
});

const file = () => readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
const wishes = async () =>
  (await readFile(join(project.directory, 'wishes'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
const workers = async (): Promise<Record<string, unknown>[]> => (await serve.ask('GET', '/v1/workers')).items;
/** One that takes a whole machine. */
const submit = async (): Promise<string> => {
  const capacity = (await workers())[0]!.capacity as {readonly cpu: number};
  const workload = {name: 'whole', type: 'sleep', with: {seconds: 3600}, resources: {cpu: capacity.cpu}};
  return (await serve.ask('POST', '/v1/workloads', {workload})).id;
};
const where = async (id: string): Promise<string> => {
  const {state, worker} = await serve.ask('GET', `/v1/workloads/${id}`);
  return `${state} on ${worker}`;
};

test('a hook adds a machine for what waits, it takes work, idles, is emptied and removed, and may come again', async () => {
  await expect.poll(async () => (await workers()).length, waits).toBe(1);
  const first = await submit();
  await expect.poll(() => where(first), waits).toBe('RUNNING on h1');
  for (const _ of ['once', 'again']) {
    const more = await submit();
    await expect.poll(() => where(more), waits).toBe('RUNNING on h2');
    expect(await file()).toContain(lab().host('h2').address);
    await serve.ask('POST', `/v1/workloads/${more}/cancel`, {});
    await expect.poll(file, waits).not.toContain('h2');
    await expect.poll(async () => (await wishes()).at(-1).action, waits).toBe('remove');
  }
  expect(await where(first)).toBe('RUNNING on h1');
  const [added, removed, ...rest] = await wishes();
  expect(added).toEqual({action: 'add', count: 1, reason: '1 workload waits for room', workers: ['h1'], waiting: 1});
  expect(removed).toMatchObject({action: 'remove', worker: 'h2', waiting: 0});
  expect(rest).toEqual([added, removed]);
  const types = 'type=worker.added&type=worker.drained&type=worker.removed';
  await expect
    .poll(async () => (await serve.ask('GET', `/v1/audit?${types}`)).items.map(({type}: {type: string}) => type), waits)
    .toEqual(Array(2).fill(['worker.added', 'worker.drained', 'worker.removed']).flat());
});
