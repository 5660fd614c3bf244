import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
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

const lab = sharedLab({hosts: 3});
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
    health: {tcp: {port: 8080}, interval: 200ms, startPeriod: 10s}
    placement: {spread: host}
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
    settings: {...defaultCoordinatorSettings, silence},
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
    .map(({service, replica, host}) => ({name: `${service}-${replica}`, host}));
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

test('scaled by hand; the next healing keeps the number', async () => {
  await expect(environments.scale('everyone', id, {wep: 3}, ann)).rejects.toMatchObject({code: 'unknown-service'});
  const change = await environments.scale('everyone', id, {web: 3}, ann);
  expect((await ended(change!.number)).change).toMatchObject({state: 'done', kind: 'scale'});
  await expect.poll(condition, waits).toBe('healthy');
  expect((await replicas()).map(({name}) => name)).toEqual(['web-1', 'web-2', 'web-3']);
});

test('a host loses power: its replica runs elsewhere, and goes when the host is back with it', async () => {
  const lost = (await replicas()).find(({name}) => name === 'web-2')!.host;
  await lab().kill(lost);
  await expect
    .poll(async () => (await replicas()).filter(({host}) => host !== lost).map(({name}) => name), waits)
    .toEqual(['web-1', 'web-2', 'web-3']);
  await expect.poll(async () => (await environments.get('everyone', id))?.reason ?? '', waits).toContain(lost);
  await lab().reboot(lost);
  const leftThere = async () =>
    (await lab().exec(lost, ['ctr', '-n', 'niyanta', 'containers', 'ls', '-q'])).stdout.trim();
  await expect.poll(leftThere, waits).toBe('');
  await expect.poll(condition, waits).toBe('healthy');
});

test('destroyed through the coordinator, it can be applied directly', async () => {
  const change = await environments.destroy('everyone', id, {volumes: false}, ann);
  expect((await ended(change!.number)).change).toMatchObject({state: 'done', kind: 'destroy'});
  expect(await environments.get('everyone', id)).toBeUndefined();
  expect((await store.events('everyone', {limit: 1000})).map(({type}) => type)).toEqual(
    expect.arrayContaining(['environment.asked', 'environment.changed', 'environment.healthy', 'environment.healing']),
  );
  const served = await Promise.all(
    ['h1', 'h2', 'h3'].map(host => lab().sh(host, 'ls /var/lib/niyanta/fences | grep served || true')),
  );
  expect(served.join('')).toBe('');
});
