import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 3});

const stack = (revision: string) => `
apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./busybox.tar
    replicas: 3
    env: {REVISION: "${revision}"}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {tcp: {port: 8080}, interval: 200ms, timeout: 2s}
    placement: {spread: host}
    stop: {grace: 1s}
`;

interface Replica {
  readonly replica: number;
  readonly host: string;
  readonly state: string;
}

async function replicas(project: TestProject): Promise<readonly Replica[]> {
  const {stdout} = await project.niyanta(['ps', '--json']);
  return (JSON.parse(stdout) as {replicas: Replica[]}).replicas;
}

async function quarantine(project: TestProject): Promise<unknown> {
  const lock = JSON.parse(await readFile(join(project.directory, 'niyanta.lock.json'), 'utf8'));
  return lock.environments.default.quarantine;
}

test('a host may be absent before and during an apply, is in quarantine, and catches up when it is back', async () => {
  const archive = await busyboxArchive();
  const settings = `
maxUnreachable: 34%
parallel: 1
hosts: {h2: {connectTimeout: 2s}, h3: {connectTimeout: 2s}}
`;
  const project = await lab().project(stack('a'), {'busybox.tar': archive}, settings);
  const apply = (...more: string[]) => project.niyanta(['apply', '--yes', ...more]);
  expect(await apply()).toMatchObject({code: 0});

  await lab().kill('h3');
  await project.write('stack.yaml', stack('b'));
  const without = await apply();
  expect(without, without.stderr).toMatchObject({code: 0});
  expect(without.stderr).toContain('host h3 is unreachable and was left out');
  expect(await quarantine(project)).toEqual({h3: {since: expect.any(String)}});

  await lab().reboot('h3');
  const caughtUp = await apply();
  expect(caughtUp, caughtUp.stderr).toMatchObject({code: 0});
  expect(caughtUp.stderr).toContain('host h3 answers again; it was in quarantine since');
  expect(caughtUp.stderr).toMatch(/REVISION/);
  expect(await quarantine(project)).toBeUndefined();

  // Lost while it is worked on: the others get theirs.
  await project.write('stack.yaml', stack('c'));
  const running = new RunningApply(project.start(['apply', '--yes', '--json']));
  await running.until(
    ({type, operation}) => type === 'operation-started' && /h1:web|container:h1/.test(operation ?? ''),
  );
  await lab().kill('h2');
  expect(await running.ended, running.stderr).toBe(5);
  expect(running.events.at(-1)).toMatchObject({outcome: 'partly-applied', lost: ['h2']});
  const others = await lab().sh('h3', 'grep -ho \'"REVISION":"[a-z]*"\' /var/lib/niyanta/containers/*.json');
  expect(others).toBe('"REVISION":"c"\n');

  // What has no data may run elsewhere meanwhile; back again, only one of both stays.
  const moved = await apply('--move-lost');
  expect(moved, moved.stderr).toMatchObject({code: 0});
  expect((await replicas(project)).filter(({state}) => state === 'running')).toHaveLength(3);
  await lab().reboot('h2');
  const settled = await apply();
  expect(settled, settled.stderr).toMatchObject({code: 0});
  expect((await replicas(project)).map(({replica, state}) => `${replica} ${state}`)).toEqual([
    '1 running',
    '2 running',
    '3 running',
  ]);
  expect(await project.niyanta(['plan', '--detailed-exitcode'])).toMatchObject({code: 0});
});
