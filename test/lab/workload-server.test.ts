import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
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
