import {randomBytes} from 'node:crypto';
import {cp, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {pauseOutside} from './harness/pause.ts';
import {type AppliedEvent, RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 2});
const hosts = ['h1', 'h2'];
const image = await busyboxArchive();
const fenceFile = '/var/lib/niyanta/fences/test.default';

const stack = (colour: string, web = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    replicas: 6
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    placement: {spread: host}
    stop: {grace: 100ms}
${web}`;

let project: TestProject;
beforeEach(async () => {
  project = await lab().project(stack('red'), {'one.tar': image});
});
afterEach(async () => {
  const done = await project.niyanta(['destroy', '--yes', '--volumes', '--lock-wait', '60s']);
  expect(done.code, done.stderr).toBe(0);
});

const start = (...more: string[]) => new RunningApply(project.start(['apply', '--yes', '--json', ...more]));

async function apply(...more: string[]): Promise<string> {
  const done = await project.niyanta(['apply', '--yes', ...more]);
  expect(done.code, done.stderr).toBe(0);
  return done.stderr;
}

/** What runs is of this colour, there is nothing else, and the plan agrees. */
async function allRun(colour: string, count = 6): Promise<void> {
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  const seen: string[] = [];
  for (const host of hosts) {
    const containers = await containersOn(lab(), host);
    expect(await runningOn(lab(), host)).toEqual(containers);
    for (const folder of ['/run/netns', '/var/lib/niyanta/containers', '/var/lib/niyanta/networks']) {
      const there = await lab().sh(host, `ls ${folder} | sed 's/\\.json$//' | grep -v '[.]oci$' | sort`);
      expect(there.split('\n').filter(Boolean), `${folder} on ${host}`).toEqual(containers);
    }
    const colours = await lab().sh(
      host,
      `cat /var/lib/niyanta/containers/*.json | grep -o '"COLOUR":"[a-z]*"' | sort -u`,
    );
    expect(colours.trim()).toBe(`"COLOUR":"${colour}"`);
    expect(await lab().sh(host, 'ls -A /run/niyanta | grep ^script || :')).toBe('');
    seen.push(...containers);
  }
  expect(seen).toHaveLength(count);
}

const numberOn = (host: string) => lab().sh(host, `cat ${fenceFile}`);
const serial = async () => (await project.niyanta(['state', 'show', '--json'])).json.serial;

const containerEvents = (type: string, count: number) => (_: AppliedEvent, all: readonly AppliedEvent[]) =>
  all.filter(event => event.type === type && event.operation?.startsWith('container:')).length >= count;

describe.each([
  ['has just begun', ({type}: AppliedEvent) => type === 'started'],
  ['starts its containers', containerEvents('operation-started', 2)],
  ['has replaced a container', containerEvents('operation-finished', 1)],
])('an apply that is paused when it %s', (_, moment) => {
  test('and wakes after another one has come does no harm, and says so', async () => {
    await apply();
    await project.write('stack.yaml', stack('green'));
    const first = start();
    await first.until(moment);
    await pauseOutside(first.child, join(project.directory, '.niyanta', 'niyanta.lock', 'mutex'));
    await project.write('stack.yaml', stack('blue'));
    const second = await project.niyanta(['apply', '--yes', '--lock-wait', '60s']);
    expect(second.code, second.stderr).toBe(0);
    const [before, numbers] = [await serial(), await Promise.all(hosts.map(numberOn))];
    first.child.kill('SIGCONT');
    expect(await first.ended, first.stderr).toBe(4);
    const said = first.events.at(-1) as {error?: {code: string; message: string}};
    expect(said.error?.code).toMatch(/^(lease-lost|fenced)$/);
    expect(said.error?.message).toContain('default');
    await allRun('blue');
    expect(await serial()).toBe(before);
    expect(await Promise.all(hosts.map(numberOn))).toEqual(numbers);
    expect((await project.niyanta(['history', '--json'])).json.history.at(-1)).toMatchObject({serial: before});
  });
});

test('an apply whose line to a host goes dead in a transfer holds the next one up only until the line is back', async () => {
  const big = await busyboxArchive({
    files: {'/www/index.html': 'here', '/www/big': randomBytes(64 * 1024 * 1024).toString('latin1')},
  });
  await project.write('one.tar', big);
  const first = start();
  await first.until(event => event.type === 'operation-progress' && (event as {done?: number}).done! > 1_000_000);
  await lab().partition('h1');
  first.child.kill('SIGKILL');
  await first.ended;
  const alone = await project.niyanta(['apply', '--yes']);
  expect(alone.code, alone.stderr).toBe(1);
  expect(alone.stderr).toContain('h1');
  await lab().heal('h1');
  await apply();
  await allRun('red');
});

test('what a killed apply began on a host is waited for, and told', async () => {
  const slow = `  slow:
    archive: ./one.tar
    command: [sh, -c, "trap 'touch /asked' TERM; while :; do sleep 1; done"]
    placement: {require: {host: h1}}
    stop: {grace: 6s}
`;
  await project.write('stack.yaml', stack('red', slow));
  await apply();
  await project.write('stack.yaml', stack('red'));
  const first = start();
  await first.until(containerEvents('operation-started', 1));
  // It was asked to stop, and takes its grace.
  const asked = `[ -e /proc/$(ctr -n niyanta tasks ls | awk '/-slow-/ {print $2}')/root/asked ] && echo yes; :`;
  await expect.poll(() => lab().sh('h1', asked), {timeout: 30_000, interval: 50}).toBe('yes\n');
  first.child.kill('SIGKILL');
  await first.ended;
  const said = await apply();
  expect(said).toMatch(/waiting for h1, where an earlier change goes on: stop shop-default-slow-1/);
  await allRun('red');
});

test('a number outlives a power cut, and a state that is older than it is refused with advice', async () => {
  await apply();
  const folder = project.directory;
  const copy = join(lab().scratch, 'older-state');
  const saved = ['niyanta.lock.json', '.niyanta'];
  for (const name of saved) await cp(join(folder, name), join(copy, name), {recursive: true});
  await apply();
  const number = await numberOn('h1');
  await lab().kill('h1');
  await lab().reboot('h1');
  expect(await numberOn('h1')).toBe(number);
  const newer = await Promise.all(hosts.map(numberOn));
  for (const name of saved) {
    await rm(join(folder, name), {recursive: true});
    await cp(join(copy, name), join(folder, name), {recursive: true});
  }
  await project.write('stack.yaml', stack('blue'));
  const refused = await project.niyanta(['apply', '--yes', '--json']);
  expect(refused.code, refused.stderr).toBe(4);
  expect(refused.json.error).toMatchObject({code: 'fenced', hint: expect.stringContaining('niyanta state rebuild')});
  expect(await Promise.all(hosts.map(numberOn))).toEqual(newer);
  const rebuilt = await project.niyanta(['state', 'rebuild', '--yes']);
  expect(rebuilt.code, rebuilt.stderr).toBe(0);
  await apply();
  await allRun('blue');
});

test('a host that was emptied under an apply is not changed any more by it', async () => {
  const first = start();
  await first.until(containerEvents('operation-started', 1));
  await lab().sh('h1', 'rm -rf /var/lib/niyanta/fences');
  expect(await first.ended, first.stderr).toBe(4);
  expect((first.events.at(-1) as {error?: object}).error).toMatchObject({
    code: 'fenced',
    message: expect.stringContaining('h1'),
  });
  await apply();
  await allRun('red');
});
