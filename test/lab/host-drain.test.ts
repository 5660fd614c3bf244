import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: 4
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 1s}
`;

let project: TestProject;
const counts = async () => (await Promise.all(['h1', 'h2'].map(name => runningOn(lab(), name)))).map(all => all.length);
const apply = async (...args: string[]) => {
  const applied = await project.niyanta(['apply', '--yes', ...args]);
  expect(applied.code, applied.stderr).toBe(0);
};

beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  await apply();
});

test('a drained host is emptied by the next apply, and takes replicas again when it is undrained', async () => {
  expect(await counts()).toEqual([2, 2]);
  const listed = await project.niyanta(['host', 'ls', '--json']);
  expect(listed.json.hosts.map(({containers}: {containers: number}) => containers)).toEqual([2, 2]);
  expect((await project.niyanta(['host', 'drain', 'h2'])).code).toBe(0);
  expect(await counts()).toEqual([2, 2]);
  await apply();
  expect(await counts()).toEqual([4, 0]);
  expect((await project.niyanta(['host', 'undrain', 'h2'])).code).toBe(0);
  await project.write('stack.yaml', stack.replace('replicas: 4', 'replicas: 6'));
  await apply();
  expect((await counts())[1]).toBeGreaterThan(0);
});

test('a host that does not answer stops a plan, unless it may be left out', async () => {
  await lab().partition('h2');
  try {
    const stopped = await project.niyanta(['plan', '--json']);
    expect(stopped.code).toBe(1);
    expect(stopped.json.error).toMatchObject({
      code: 'host-unreachable',
      hint: expect.stringContaining('--allow-unreachable'),
    });
    const went = await project.niyanta(['plan', '--json', '--allow-unreachable']);
    expect(went.code, went.stderr).toBe(0);
  } finally {
    await lab().heal('h2');
  }
});
