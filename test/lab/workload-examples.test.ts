import {cp, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 1});
const examples = join(import.meta.dirname, '../../examples/workloads');

let project: TestProject;
let server: ServedCoordinator;
beforeAll(async () => {
  // Hosts of labs reach no registry: the image is there before.
  const archive = join(lab().lab.directory, 'hosts/h1/containerd/image.tar');
  await writeFile(archive, await busyboxArchive({reference: 'docker.io/library/busybox:1.37'}));
  await lab().sh('h1', 'ctr -n niyanta images import /var/lib/containerd/image.tar');
  project = await lab().project('');
  const mine = await readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
  await cp(examples, project.directory, {recursive: true});
  const theirs = await readFile(join(examples, 'niyanta.yaml'), 'utf8');
  await project.write('niyanta.yaml', mine + theirs.slice(theirs.indexOf('\nserver:')));
  server = await ServedCoordinator.start(project, join(lab().scratch, 'data'));
});

const niyanta = (...args: readonly string[]) =>
  project.niyanta(args, {env: {NIYANTA_API_KEY: server.adminKey!, NIYANTA_SERVER: server.address}});

test('those that need no server run as they stand', async () => {
  const files = ['hello.yaml', 'pipeline.yaml', 'nightly.yaml', 'counting.yaml'];
  const ran = await project.niyanta(['run', ...files, '--outputs', 'out'], {env: {NIYANTA_PARAM_TO: '2'}});
  expect(ran.code).toBe(0);
  for (const line of ['Hello, world.', 'cleaned up', 'backed up on', 'counted to 2'])
    expect(ran.stdout).toContain(line);
  expect(await readFile(join(project.directory, 'out/extract/lines.txt'), 'utf8')).toMatch(/^\d+\n$/);
});

test('counting goes on where it saved its work, after a checkpoint by hand and a pause', async () => {
  const submitted = await niyanta('submit', 'counting.yaml', '--param', 'to=1000000', '--json');
  const {id} = JSON.parse(submitted.stdout).workloads[0];
  const at = async () => (await server.ask('GET', `/v1/workloads/${id}`)).state;
  const printed = async () =>
    (await server.ask('GET', `/v1/workloads/${id}/logs`)).items.map(({text}: {text: string}) => text);
  await expect.poll(at, {timeout: 60_000}).toBe('RUNNING');
  expect(await niyanta('checkpoint', 'take', 'counting')).toMatchObject({code: 0});
  await server.ask('POST', `/v1/workloads/${id}/pause`);
  await expect.poll(at, {timeout: 60_000}).toBe('PAUSED');
  await server.ask('POST', `/v1/workloads/${id}/resume`);
  await expect.poll(printed, {timeout: 60_000}).toContainEqual(expect.stringMatching(/^going on from \d+$/));
  await server.ask('POST', `/v1/workloads/${id}/cancel`);
  await expect.poll(at, {timeout: 60_000}).toBe('CANCELLED');
});

test('versions, a type of our own, a schedule, and a GPU that is not there: as their comments say', async () => {
  const split = await niyanta('submit', 'two-versions.yaml', '--split', 'v1=90,v2=10', '--key', 'customer-42', '-f');
  expect(split).toMatchObject({code: 0, stdout: expect.stringMatching(/^made by the /)});
  const check = ['submit', 'url-check.yaml', '--wait', '--param', `url=${server.address}/health`];
  expect(await niyanta(...check)).toMatchObject({code: 0, stderr: expect.stringContaining('succeeded')});
  const {workloads, schedules} = JSON.parse((await niyanta('submit', 'nightly.yaml', 'gpu.yaml', '--json')).stdout);
  expect(schedules).toMatchObject([{name: 'nightly'}]);
  const why = async () => (await server.ask('GET', `/v1/workloads/${workloads[0].id}/why`)).text;
  await expect.poll(why, {timeout: 60_000}).toContain('needs 1 GPU');
});
