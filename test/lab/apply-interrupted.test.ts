import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {type AppliedEvent, RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 2});
const hosts = ['h1', 'h2'];
const image = await busyboxArchive();

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    volumes: ["data:/data"]
    placement: {require: {host: h1}}
    stop: {grace: 100ms}
  web:
    archive: ./one.tar
    replicas: 3
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    needs: [db]
    stop: {grace: 100ms}
  front:
    archive: ./one.tar
    replicas: 2
    env: {COLOUR: ${colour}}
    ports: ["8081:8080"]
    placement: {spread: host}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 100ms}
volumes: {data: {}}
`;

let project: TestProject;
beforeEach(async () => {
  project = await lab().project(stack('red'), {'one.tar': image});
});
afterEach(async () => {
  const done = await project.niyanta(['destroy', '--yes', '--volumes']);
  expect(done.code, done.stderr).toBe(0);
});

const start = (...more: string[]) => new RunningApply(project.start(['apply', '--yes', '--json', ...more]));

async function apply(): Promise<void> {
  const done = await project.niyanta(['apply', '--yes']);
  expect(done.code, done.stderr).toBe(0);
}

/** Everything that the stack asks for runs, and nothing else is there: no container, network or file of another. */
async function converged(): Promise<void> {
  await apply();
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  const all: string[] = [];
  for (const host of hosts) {
    const containers = await containersOn(lab(), host);
    expect(await runningOn(lab(), host)).toEqual(containers);
    const list = (folder: string) =>
      lab().sh(host, `ls ${folder} 2>/dev/null | sed 's/\\.json$//' | sort | grep -v '\\.' || :`);
    for (const folder of ['/run/netns', '/var/lib/niyanta/containers', '/var/lib/niyanta/networks']) {
      expect((await list(folder)).split('\n').filter(Boolean), `${folder} on ${host}`).toEqual(containers);
    }
    const snapshots = await lab().sh(host, "ctr -n niyanta snapshots ls | awk '/shop-default/ {print $1}' | sort");
    expect(snapshots.split('\n').filter(Boolean)).toEqual(containers);
    all.push(...containers);
  }
  expect(all).toHaveLength(6);
}

const containerEvents = (type: string, count: number) => (_: AppliedEvent, all: readonly AppliedEvent[]) =>
  all.filter(event => event.type === type && event.operation?.startsWith('container:')).length >= count;

const moments: readonly (readonly [string, (event: AppliedEvent, all: readonly AppliedEvent[]) => boolean])[] = [
  ['has just begun', ({type}) => type === 'started'],
  ['starts its first container', containerEvents('operation-started', 1)],
  ['has started two containers', containerEvents('operation-finished', 2)],
  ['is about to end', containerEvents('operation-finished', 5)],
];

describe.each(moments)('an apply that %s', (_, moment) => {
  test('and is killed leaves nothing that the next one does not put in order', async () => {
    const first = start();
    await first.until(moment);
    first.child.kill('SIGKILL');
    await first.ended;
    await converged();
    await project.write('stack.yaml', stack('blue'));
    const second = start();
    await second.until(moment);
    second.child.kill('SIGKILL');
    await second.ended;
    await converged();
  });
});

test('Ctrl-C ends an apply cleanly with 130, and the next one goes on', async () => {
  const first = start();
  await first.until(containerEvents('operation-started', 2));
  first.child.kill('SIGINT');
  expect(await first.ended, first.stderr).toBe(130);
  expect(first.events.at(-1)).toMatchObject({type: 'result', outcome: 'cancelled'});
  expect((await project.niyanta(['history', '--json'])).json.history.at(-1)).toMatchObject({outcome: 'cancelled'});
  expect((await project.niyanta(['lock', 'status', '--json'])).stdout).not.toContain('apply');
  await converged();
  await project.write('stack.yaml', stack('blue'));
  const update = start();
  await update.until(containerEvents('operation-started', 2));
  update.child.kill('SIGINT');
  expect(await update.ended, update.stderr).toBe(130);
  await converged();
});

test('of two applies at once one waits or says who holds the lock', async () => {
  // One that is at it for some time.
  const slow = stack('red').replace(/command: .*/, 'command: [sh, -c, "sleep 8; exec httpd -f -p 8080 -h /www"]');
  await project.write('stack.yaml', slow.replace('interval: 1s}', 'interval: 1s, startPeriod: 60s}'));
  const first = start();
  await first.until(({type}) => type === 'started');
  // All at once, while the first is at it.
  const [refused, json, waited] = await Promise.all([
    project.niyanta(['apply', '--yes']),
    project.niyanta(['apply', '--yes', '--json']),
    project.niyanta(['apply', '--yes', '--lock-wait', '60s']),
  ]);
  expect(refused.code, refused.stderr).toBe(4);
  expect(refused.stderr).toMatch(/@.*apply/s);
  expect(json.json.error).toMatchObject({code: 'lock-held'});
  expect(waited.code, waited.stderr).toBe(0);
  expect(waited.stderr).toContain('waiting for');
  expect(waited.stdout).toContain('Nothing to change');
  expect(await first.ended).toBe(0);
  await converged();
});

test('applies to two environments at once both end well, and both are in the lock file', async () => {
  const small =
    'apiVersion: niyanta/v1\nkind: Stack\nname: small\nservices: {one: {archive: ./one.tar, stop: {grace: 0s}}}\n';
  await project.write('small.yaml', `${small}environments: {blue: {}, green: {}}\n`);
  const inEnvironment = (name: string, ...words: string[]) => project.niyanta([...words, '--env', name]);
  const both = await Promise.all(
    ['blue', 'green'].map(name => inEnvironment(name, 'apply', '--yes', '--lock-wait', '20s', '-f', 'small.yaml')),
  );
  for (const {code, stderr} of both) {
    // Planned in the same moment with the same addresses, one is told to run again; nothing is lost.
    expect([0, 8], stderr).toContain(code);
  }
  expect(both.map(({code}) => code)).toContain(0);
  for (const name of ['blue', 'green']) {
    const again = await inEnvironment(name, 'apply', '--yes', '-f', 'small.yaml');
    expect(again.code, again.stderr).toBe(0);
    const plan = await inEnvironment(name, 'plan', '--json', '-f', 'small.yaml');
    expect(plan.json.operations).toEqual([]);
  }
  for (const name of ['blue', 'green']) {
    expect((await inEnvironment(name, 'destroy', '--yes')).code).toBe(0);
  }
});
