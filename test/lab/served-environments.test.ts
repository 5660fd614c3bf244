import {join} from 'node:path';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import type {Environments} from '../../src/engine/coordinator/environments/environments.ts';
import {silentLog} from '../../src/engine/coordinator/log.ts';
import {openCoordinator} from '../../src/engine/coordinator/open-coordinator.ts';
import {defaultCoordinatorSettings} from '../../src/engine/coordinator/settings.ts';
import {openSqliteStore} from '../../src/engine/coordinator/store/open-store.ts';
import type {Store} from '../../src/engine/coordinator/store/store.ts';
import {openProjectOnly} from '../../src/engine/open-project.ts';
import {packProject} from '../../src/engine/pack-project.ts';
import {openSession} from '../../src/engine/session.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 2});
const waits = {timeout: 90_000, interval: 200};
const ann = {name: 'key:ann'};
const id = 'test.default';

const stack = (replicas: number): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./busybox.tar
    command: [httpd, -f, -p, "8080", -h, /www]
    replicas: ${replicas}
    health: {http: {port: 8080}, interval: 200ms, startPeriod: 10s, retries: 2}
    stop: {grace: 0s}
`;

let project: TestProject;
let environments: Environments;
let store: Store;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  project = await lab().project(stack(2), {'busybox.tar': await busyboxArchive()});
  const env = {HOME: project.home};
  const session = await openSession(await openProjectOnly({cwd: project.directory, env}), env);
  const data = join(lab().scratch, 'data');
  store = await openSqliteStore(data, {usageHalfLifeMs: 86_400_000});
  const silence = {beatMs: 500, suspectMs: 2000, lostMs: 3000};
  const opened = await openCoordinator({
    id: 'here',
    store,
    session,
    // Looks that nothing asks for come soon, too.
    settings: {...defaultCoordinatorSettings, silence, stacks: {lookEveryMs: 3000, scaleEveryMs: 10_000}},
    stacks: {data, address: () => 'http://127.0.0.1:8460'},
    log: process.env.DEBUG ? console : silentLog,
  });
  closing.push(
    () => opened.close(20_000),
    () => store.close(),
  );
  environments = opened.coordinator.environments!;
});
afterAll(async () => {
  for (const close of closing) await close();
});

const send = async (): Promise<string> => {
  const choice = {cwd: project.directory, env: {HOME: project.home}};
  const packed = await packProject(choice, {signal: AbortSignal.timeout(60_000), onBuild: () => {}});
  return (await environments.putBundle(packed.tar())).sha256;
};

const condition = async () => (await environments.get('everyone', id))?.condition;

/** `SERVICE-REPLICA` and their hosts. */
const replicas = async () => {
  const shown = await environments.replicas('everyone', id, {signal: AbortSignal.timeout(30_000)});
  return shown!.replicas
    .filter(({state}) => state === 'running')
    .map(({service, replica, host, address}) => ({name: `${service}-${replica}`, host, address}));
};

/** The last event of a change that is followed to its end. */
async function ended(number: number) {
  const events = await environments.follow('everyone', id, number, {signal: AbortSignal.timeout(90_000)});
  const types: string[] = [];
  for await (const {event} of events!) types.push(event.type);
  return {types, change: await environments.change('everyone', id, number)};
}

test('a stack applied through a coordinator runs, is said to be healthy, and is not to be had past it', async () => {
  const bundle = await send();
  const plan = await environments.plan('everyone', {bundle}, AbortSignal.timeout(60_000));
  expect(plan.placements).toHaveLength(2);
  const agreed = {serial: plan.serial, fingerprint: 'of another one'};
  const refused = await environments.apply('everyone', 'default', {bundle, agreed}, ann);
  expect(refused).toMatchObject({number: 1, kind: 'apply', state: 'waiting'});
  expect((await ended(1)).change).toMatchObject({state: 'failed', outcome: {error: {code: 'stale-plan'}}});
  await environments.apply('everyone', 'default', {bundle}, ann);
  const {types, change: end} = await ended(2);
  expect(types).toContain('operation-finished');
  expect(end).toMatchObject({state: 'done', outcome: {result: 'applied'}});
  await expect.poll(condition, waits).toBe('healthy');
  const running = await replicas();
  expect(new Set(running.map(({host}) => host)).size).toBe(2);
  const direct = await project.niyanta(['apply', '--yes']);
  expect(direct.code).toBe(4);
  expect(direct.stderr).toContain('served by the coordinator at http://127.0.0.1:8460');
  expect(await replicas()).toEqual(running);
});

test('a container that somebody removed is had again, without anybody asking', async () => {
  const {host} = (await replicas())[0]!;
  const before = (await environments.get('everyone', id))!.newestChange;
  const container = (await lab().sh(host, 'ctr -n niyanta tasks ls -q | head -n 1')).trim();
  await lab().sh(host, `ctr -n niyanta tasks rm -f ${container}; ctr -n niyanta containers rm ${container}`);
  await expect.poll(async () => (await environments.change('everyone', id, before + 1))?.state, waits).toBe('done');
  expect(await environments.change('everyone', id, before + 1)).toMatchObject({
    kind: 'heal',
    options: {why: expect.stringContaining('removed')},
    actor: {name: 'coordinator:here'},
    outcome: {result: 'applied'},
  });
  await expect.poll(condition, waits).toBe('healthy');
  expect(await replicas()).toHaveLength(2);
});

test('a replica that runs and is unhealthy is replaced, and no other one', async () => {
  const [sick, well] = await replicas();
  const {newestChange: before} = (await environments.get('everyone', id))!;
  const ids = (await lab().sh(sick!.host, 'ctr -n niyanta tasks ls -q')).trim();
  await lab().sh(sick!.host, `ctr -n niyanta tasks exec --exec-id rm ${ids} rm /www/index.html`);
  // Finds nothing that is not as it was applied; the environment is looked at after it, at once.
  await environments.heal('everyone', id, ann);
  await expect.poll(async () => (await environments.change('everyone', id, before + 2))?.state, waits).toBe('done');
  expect(await environments.change('everyone', id, before + 2)).toMatchObject({
    kind: 'heal',
    options: {why: `web ${sick!.name.slice(4)} on ${sick!.host} is unhealthy`, unhealthy: [ids]},
    outcome: {result: 'applied', summary: '1 replaced'},
  });
  await expect.poll(condition, waits).toBe('healthy');
  expect(await lab().sh(sick!.host, 'ctr -n niyanta containers ls -q')).not.toContain(ids);
  expect(await replicas()).toContainEqual(well);
});

test('scaled by hand; the next healing keeps the number', async () => {
  await expect(environments.scale('everyone', id, {wep: 3}, ann)).rejects.toMatchObject({code: 'unknown-service'});
  const change = await environments.scale('everyone', id, {web: 3}, ann);
  expect((await ended(change!.number)).change).toMatchObject({state: 'done', kind: 'scale'});
  await expect.poll(condition, waits).toBe('healthy');
  expect((await replicas()).map(({name}) => name)).toEqual(['web-1', 'web-2', 'web-3']);
});

/** Loses a host, and waits until a healing for it is done. */
async function healedWithout(host: string, lose: (host: string) => Promise<void>): Promise<void> {
  const before = (await environments.get('everyone', id))!.newestChange;
  await lose(host);
  const heals = async () => (await environments.changes('everyone', id, {limit: 9}))!.items;
  await expect
    .poll(async () => (await heals()).some(({number, state}) => number > before && state === 'done'), waits)
    .toBe(true);
}

test('a host is cut off: its replicas run elsewhere, and go from there when it is back with them', async () => {
  const lost = (await replicas()).find(({name}) => name === 'web-2')!.host;
  await healedWithout(lost, lab().partition);
  const now = await replicas();
  expect(now.map(({name}) => name)).toEqual(['web-1', 'web-2', 'web-3']);
  expect(now.map(({host}) => host)).not.toContain(lost);
  expect(await lab().sh(lost, 'ctr -n niyanta tasks ls -q')).toContain('shop-default-web-2');
  await lab().heal(lost);
  await expect.poll(() => lab().sh(lost, 'ctr -n niyanta containers ls -q'), waits).toBe('');
  await expect.poll(condition, waits).toBe('healthy');
});

test('a host loses power: what it served is answered elsewhere; what is destroyed meanwhile is gone', async () => {
  const {host: lost} = (await replicas())[0]!;
  const other = lost === 'h1' ? 'h2' : 'h1';
  await healedWithout(lost, lab().kill);
  expect((await replicas()).map(({host}) => host)).toEqual([other, other, other]);
  await expect.poll(async () => (await environments.get('everyone', id))?.reason ?? '', waits).toContain(lost);
  const {address} = (await replicas())[0]!;
  expect(await lab().sh(other, `busybox wget -qO- http://${address}:8080/`)).toBe('hello\n');
  const change = await environments.destroy('everyone', id, {volumes: false}, ann);
  expect((await ended(change!.number)).change).toMatchObject({state: 'done', kind: 'destroy'});
  expect(await environments.get('everyone', id)).toBeUndefined();
  expect((await store.events('everyone', {limit: 1000})).map(({type}) => type)).toEqual(
    expect.arrayContaining(['environment.asked', 'environment.changed', 'environment.healthy', 'environment.healing']),
  );
  expect(await lab().sh(other, 'ls /var/lib/niyanta/fences')).not.toContain('served');
  await lab().reboot(lost);
});

test('serve is killed in the middle of an apply: started anew it goes on with it, to its end', async () => {
  const slow = stack(4).replace('command: [httpd,', 'command: [sh, -c, "sleep 1; exec httpd \\"$@\\"", httpd,');
  await project.write('stack.yaml', `${slow}environments: {other: {}}\n`);
  const data = join(lab().scratch, 'killed');
  // The next one need not wait long for the lease of the one that is killed.
  const soon = {NIYANTA_FAILURES_LEADER: '1s', NIYANTA_STACKS_LOOK: '2s'};
  const first = await ServedCoordinator.startWith(project, data, soon);
  const env = {NIYANTA_SERVER: first.address, NIYANTA_API_KEY: first.adminKey!};
  const applying = project.start(['apply', '--yes', '--env', 'other'], {env});
  onTestFinished(() => void applying.kill('SIGKILL'));
  const list = 'ctr -n niyanta tasks ls -q | grep shop-other || true';
  const tasks = async () => (await lab().sh('h1', list)) + (await lab().sh('h2', list));
  await expect.poll(tasks, waits).not.toBe('');
  await first.end('SIGKILL');
  const second = await ServedCoordinator.startWith(project, data, soon, first.adminKey);
  onTestFinished(() => void second.child.kill('SIGKILL'));
  const there = () => second.ask('GET', '/v1/environments/test.other');
  await expect.poll(async () => (await there()).condition, waits).toBe('healthy');
  expect(await second.ask('GET', '/v1/environments/test.other/changes/1')).toMatchObject({
    state: 'done',
    outcome: {result: expect.stringMatching(/^(applied|unchanged)$/)},
  });
  expect((await there()).services).toEqual([{service: 'web', wanted: 4, good: 4}]);
  expect((await tasks()).trim().split('\n')).toHaveLength(4);
  expect(await second.end('SIGTERM')).toBe(0);
});
