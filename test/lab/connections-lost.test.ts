import {afterEach, beforeEach, expect, test} from 'vitest';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {type AppliedEvent, RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();

/** Old replicas take four seconds to stop, so that an update is under way for a while, on each host for itself. */
const service = (name: string, host: string, colour: string) => `
  ${name}:
    archive: ./one.tar
    replicas: 2
    env: {COLOUR: ${colour}}
    command: [sh, -c, "trap 'sleep 4; exit 0' TERM; while :; do sleep 0.1; done"]
    placement: {require: {host: ${host}}}
    update: {strategy: recreate}
    stop: {grace: 20s}`;
const stack = (colour: string) =>
  `apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:${service('one', 'h1', colour)}${service('two', 'h2', colour)}\n`;

let project: TestProject;
beforeEach(async () => {
  project = await lab().project(stack('red'), {'one.tar': image});
  await applied();
  await project.write('stack.yaml', stack('blue'));
});
afterEach(async () => {
  await lab().heal('h1');
  const done = await project.niyanta(['destroy', '--yes', '--volumes']);
  expect(done.code, done.stderr).toBe(0);
});

async function applied(): Promise<void> {
  const done = await project.niyanta(['apply', '--yes']);
  expect(done.code, done.stderr).toBe(0);
}

const start = (...more: string[]) => new RunningApply(project.start(['apply', '--yes', '--json', ...more]));
const begunOn = (_: AppliedEvent, all: readonly AppliedEvent[]) =>
  all.some(({type, operation}) => type === 'operation-started' && operation?.startsWith('container:'));
const result = (apply: RunningApply) => apply.events.at(-1);

test('sshd restarted, and its sessions ended, in the middle of an apply: applied all the same', async () => {
  const apply = start();
  await apply.until(begunOn);
  await lab().sh('h1', 'sleep 1; pkill -KILL sshd');
  expect(await apply.ended, apply.stderr).toBe(0);
  expect(result(apply)).toMatchObject({type: 'result', outcome: 'applied'});
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  expect(await runningOn(lab(), 'h1')).toHaveLength(2);
});

test('a partition of five seconds in the middle of an apply: applied all the same', async () => {
  const apply = start();
  await apply.until(begunOn);
  await lab().partition('h1');
  await new Promise(resolve => setTimeout(resolve, 5000));
  await lab().heal('h1');
  expect(await apply.ended, apply.stderr).toBe(0);
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
});

test('a partition that stays: the host is told, since when it is silent, and what the other did is kept', async () => {
  const apply = start('--on-failure', 'continue');
  await apply.until(begunOn);
  await lab().partition('h1');
  expect(await apply.ended, apply.stderr).toBe(5);
  expect(result(apply)).toMatchObject({type: 'result', outcome: 'partly-applied'});
  expect(apply.stderr + JSON.stringify(apply.events)).toMatch(/h1: .*no sign of life since \d\d:\d\d:\d\d UTC/);
  expect(await runningOn(lab(), 'h2')).toHaveLength(2);
  await lab().heal('h1');
  await applied();
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
});

test('a host key that changes in the middle of an apply: refused, nothing is sent to whoever answers there', async () => {
  const apply = start();
  await apply.until(begunOn);
  const keys = '/etc/ssh/ssh_host_ed25519_key';
  await lab().sh(
    'h1',
    `sleep 1; cp ${keys} /root/old; cp ${keys}.pub /root/old.pub; rm ${keys}; ssh-keygen -q -t ed25519 -N "" -f ${keys}; : >/var/log/sshd.log; pkill -KILL sshd`,
  );
  try {
    expect(await apply.ended, apply.stderr).toBeGreaterThan(0);
    expect(apply.stderr + JSON.stringify(apply.events)).toContain('nothing was sent');
    // It was connected to, and saw no name of a user, let alone a key.
    const log = await lab().sh('h1', 'cat /var/log/sshd.log');
    expect(log).toMatch(/Connection (closed|reset)|Unable to negotiate/);
    expect(log).not.toMatch(/user|publickey|Accepted/);
  } finally {
    await lab().sh('h1', `mv /root/old ${keys}; mv /root/old.pub ${keys}.pub; pkill -KILL sshd`);
  }
  await expect.poll(() => project.niyanta(['apply', '--yes']).then(({code}) => code), {timeout: 30_000}).toBe(0);
});
