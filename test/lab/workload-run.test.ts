import type {ChildProcess} from 'node:child_process';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});

const job = (name: string, script: string, ...lines: readonly string[]): string =>
  [
    'apiVersion: niyanta/v1',
    'kind: Workload',
    `name: ${name}`,
    'archive: ./busybox.tar',
    `command: [sh, -c, ${JSON.stringify(script)}]`,
    ...lines,
  ].join('\n');

const projectWith = async (...workloads: readonly string[]) =>
  lab().project('', {'w.yaml': workloads.join('\n---\n'), 'busybox.tar': await busyboxArchive(), 'data.csv': 'a,b\n'});

/** `run` as it goes on. */
function watched(child: ChildProcess) {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', text => (output += text));
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  return {child, ended, output: () => output};
}

/** Containers of workloads on either host, running or not. */
const left = async (): Promise<string> =>
  (await lab().sh('h1', 'ctr -n niyanta containers ls -q')) + (await lab().sh('h2', 'ctr -n niyanta containers ls -q'));

test('prints what it prints, keeps what it leaves, and ends with its code', async () => {
  const script =
    'echo "got $(cat /in/data.csv)"; echo warned >&2; mkdir /out; echo report >/out/r.txt; echo "{\\"n\\": 2}" >/out/r.json; exit 7';
  const inOut = ['inputs: {files: ["./data.csv:/in/data.csv"]}', 'outputs: {files: [/out/r.txt], result: /out/r.json}'];
  const project = await projectWith(job('report', script, ...inOut));
  const plain = await project.niyanta(['run', 'w.yaml', '--outputs', 'out']);
  expect(plain).toMatchObject({code: 7, stdout: 'got a,b\n'});
  expect(plain.stderr).toMatch(/warned\n(.*\n)*report {2}failed.*: exit 7\nwrote /);
  expect(await readFile(join(project.directory, 'out/out/r.txt'), 'utf8')).toBe('report\n');
  const {jsonLines} = await project.niyanta(['run', 'w.yaml', '--json']);
  expect(jsonLines.at(-1)).toMatchObject({type: 'result', workloads: [{state: 'FAILED', exitCode: 7, result: {n: 2}}]});
  expect(await readdir(join(project.directory, '.niyanta/runs'))).toEqual([]);
  expect(await left()).toBe('');
});

test('several run in the order that they say, and what comes after a failure as it says', async () => {
  const project = await projectWith(
    job('report', 'echo report', 'after: [{workload: load}]'),
    job('cleanup', 'echo cleaned', 'after: [{workload: load, on: always}]'),
    job('load', 'echo loaded; exit 5', 'after: [{workload: extract}]'),
    job('extract', 'echo extracted'),
  );
  const {code, stdout, stderr} = await project.niyanta(['run', 'w.yaml']);
  expect(code).toBe(5);
  expect(stdout.replaceAll(/ +\|/g, ' |')).toBe('extract | extracted\nload | loaded\ncleanup | cleaned\n');
  expect(stderr).toMatch(/report +was cancelled/);
});

test('Ctrl-C leaves nothing behind, and what a killed run left is found and ended', async () => {
  const project = await projectWith(job('long', 'echo begun; exec sleep 1000', 'stop: {grace: 0s}'));
  const interrupted = watched(project.start(['run', 'w.yaml']));
  await expect.poll(() => interrupted.output(), {timeout: 30_000}).toContain('begun');
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended).toBe(130);
  expect(await left()).toBe('');
  const killed = watched(project.start(['run', 'w.yaml']));
  await expect.poll(() => killed.output(), {timeout: 30_000}).toContain('begun');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(await left()).not.toBe('');
  expect((await project.niyanta(['run', 'none.yaml'])).code).toBe(64);
  expect((await project.niyanta(['run', '--end-killed'])).code).toBe(0);
  expect(await left()).toBe('');
  expect(await readdir(join(project.directory, '.niyanta/runs'))).toEqual([]);
});

test('two runs on the same hosts know what the other one runs there', async () => {
  const cpus = Number(await lab().sh('h1', 'nproc'));
  const most = `resources: {cpu: ${cpus * 0.75}}`;
  const long = (name: string) => job(name, 'echo begun; exec sleep 1000', 'stop: {grace: 0s}', most);
  const [one, other] = [await projectWith(long('one'), long('two')), await projectWith(job('third', 'echo ran', most))];
  const first = watched(one.start(['run', 'w.yaml']));
  await expect.poll(() => first.output(), {timeout: 30_000}).toMatch(/one +\| begun/);
  await expect.poll(() => first.output(), {timeout: 30_000}).toMatch(/two +\| begun/);
  const second = watched(other.start(['run', 'w.yaml']));
  await expect.poll(() => second.output(), {timeout: 30_000}).toMatch(/third +waits: parked: 2 hosts: needs .* CPU/);
  expect(second.output()).not.toContain('ran\n');
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(130);
  expect(await second.ended).toBe(0);
  expect(second.output()).toContain('ran\n');
});
