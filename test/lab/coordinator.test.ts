import {join} from 'node:path';
import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {silentLog} from '../../src/engine/coordinator/log.ts';
import {openCoordinator} from '../../src/engine/coordinator/open-coordinator.ts';
import {defaultCoordinatorSettings} from '../../src/engine/coordinator/settings.ts';
import {openSqliteStore} from '../../src/engine/coordinator/store/open-store.ts';
import {argv, connect, mustRun} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {openProjectOnly} from '../../src/engine/open-project.ts';
import {openSession} from '../../src/engine/session.ts';
import type {ContainerJob} from '../../src/engine/spec/workload.ts';
import {submission} from '../engine/coordinator/store/samples.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {storeInPostgres} from './harness/store-in-postgres.ts';

const lab = sharedLab({hosts: 3});
const reference = 'docker.io/library/busybox:test';

let project: TestProject;
beforeAll(async () => {
  const archive = await busyboxArchive();
  project = await lab().project('');
  // As if pulled before: there is no registry here.
  for (const host of labHosts(lab().lab)) {
    const connection = await connect(host, {env: {}});
    await mustRun(connection, argv('ctr', '-n', 'niyanta', 'images', 'import', '-'), {what: 'import', input: archive});
    await connection.close();
  }
});

const waits = {timeout: 60_000, interval: 100};

/** Workloads' containers that run on a host, as `WORKLOAD.ATTEMPT`. */
const running = async (host: string): Promise<readonly string[]> =>
  (await lab().sh(host, 'ctr -n niyanta tasks ls | awk \'$3 == "RUNNING" {print $1}\''))
    .split('\n')
    .filter(id => id.startsWith('workload.'))
    .map(id => id.replace('workload.', ''));

test('serve is killed in the middle of a container: started anew it goes on with it, and it ends once', async () => {
  const data = join(lab().scratch, 'data');
  const first = await ServedCoordinator.start(project, data);
  const command = ['sh', '-c', 'echo begun; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo ended; exit 3'];
  const {id} = await first.ask('POST', '/v1/workloads', {workload: {name: 'long', image: reference, command}});
  const state = async (of: ServedCoordinator) => (await of.ask('GET', `/v1/workloads/${id}`)).state;
  await expect.poll(() => state(first), waits).toBe('RUNNING');
  const {worker} = await first.ask('GET', `/v1/workloads/${id}`);
  await first.end('SIGKILL');
  const second = await ServedCoordinator.start(project, data, first.adminKey);
  expect(second.adminKey).toBeUndefined();
  expect(await state(second)).toBe('RUNNING');
  await lab().sh(
    worker,
    `for pid in $(grep -lsaF 'while [ ! -e /tmp/go' /proc/[0-9]*/cmdline | cut -d/ -f3); do [ ! -d /proc/$pid/root/tmp ] || touch /proc/$pid/root/tmp/go; done; rm -f /tmp/go`,
  );
  await expect.poll(() => state(second), waits).toBe('FAILED');
  expect(await second.ask('GET', `/v1/workloads/${id}`)).toMatchObject({attempt: 1, exitCode: 3, worker});
  const {items} = await second.ask('GET', `/v1/workloads/${id}/logs`);
  expect(items.map(({text}: {text: string}) => text)).toEqual(['begun', 'ended']);
  expect(await second.end('SIGTERM')).toBe(0);
});

test('two coordinators on one PostgreSQL: the leader is stopped, goes on, and the next one is killed; nothing runs twice', async () => {
  const postgres = storeInPostgres();
  onTestFinished((await postgres.start!()) as () => Promise<void>);
  const {location, remove} = await postgres.make();
  onTestFinished(remove);
  const one = await ServedCoordinator.startOn(project, location);
  onTestFinished(() => void one.child.kill('SIGKILL'));
  const two = await ServedCoordinator.startOn(project, location, one.adminKey);
  onTestFinished(() => void two.child.kill('SIGKILL'));
  const leads = async (of: ServedCoordinator) => (await of.ask('GET', '/ready')).leads;
  expect([await leads(one), await leads(two)]).toEqual([true, false]);

  const ids: string[] = [];
  const submit = async (through: ServedCoordinator) => {
    const workload = {name: `nap-${ids.length}`, type: 'sleep', with: {seconds: 1}};
    ids.push((await through.ask('POST', '/v1/workloads', {workload})).id);
  };
  const ended = async (of: ServedCoordinator) => {
    const states = await Promise.all(ids.map(async id => (await of.ask('GET', `/v1/workloads/${id}`)).state));
    return states.every(state => state === 'SUCCEEDED');
  };
  await submit(one);
  await submit(two);
  one.child.kill('SIGSTOP');
  await submit(two);
  await expect.poll(() => leads(two), waits).toBe(true);
  one.child.kill('SIGCONT');
  await submit(one);
  await expect.poll(() => ended(two), waits).toBe(true);
  await submit(two);
  await two.end('SIGKILL');
  await expect.poll(() => leads(one), waits).toBe(true);
  await expect.poll(() => ended(one), waits).toBe(true);

  const {items} = await one.ask('GET', '/v1/audit?limit=500');
  const events = items as {type: string; workload?: string; to?: string; data: {generation?: number}}[];
  for (const id of ids)
    expect(
      events.filter(event => event.workload === id && event.to === 'SUCCEEDED'),
      id,
    ).toHaveLength(1);
  const generations = events.flatMap(({type, data}) => (type === 'leader.elected' ? [data.generation] : []));
  expect(generations.toSorted()).toEqual([1, 2, 3]);
  expect(await one.end('SIGTERM')).toBe(0);
});

test('a partitioned host: its workload goes on elsewhere, and what it still runs is stopped when it is back; then a power cut', async () => {
  const {coordinator, store} = await here();
  const container: ContainerJob = {...plainJob, image: {kind: 'reference', reference}, command: ['sleep', '1000']};
  const one = submission('long', {}, {type: 'container', with: {}, container});
  await coordinator.submit([one]);
  const row = async () => (await store.workload('everyone', one.id))!;
  await expect.poll(async () => (await row()).state, waits).toBe('RUNNING');
  const first = (await row()).worker!;
  expect(await running(first)).toEqual([`${one.id}.1`]);

  await lab().partition(first);
  await expect.poll(async () => [(await row()).state, (await row()).attempt], waits).toEqual(['RUNNING', 2]);
  const second = (await row()).worker!;
  expect(second).not.toBe(first);
  expect(await running(first)).toEqual([`${one.id}.1`]);
  expect(await running(second)).toEqual([`${one.id}.2`]);
  await lab().heal(first);
  await expect.poll(() => running(first), waits).toEqual([]);
  expect(await running(second)).toEqual([`${one.id}.2`]);

  await lab().kill(second);
  await expect.poll(async () => [(await row()).state, (await row()).attempt], waits).toEqual(['RUNNING', 3]);
  const third = (await row()).worker!;
  expect(await running(third)).toEqual([`${one.id}.3`]);
  await coordinator.ask('everyone', one.id, 'cancel', {name: 'test'});
  await expect.poll(async () => (await row()).state, waits).toBe('CANCELLED');
  await expect.poll(() => running(third), waits).toEqual([]);
});

const plainJob: Omit<ContainerJob, 'image'> = {
  env: {},
  mounts: [],
  ports: [],
  readOnly: false,
  capabilities: {add: [], drop: []},
  stop: {signal: 'SIGTERM', graceMs: 100},
};

/** A coordinator in this process that takes hosts for lost soon, so that nobody waits for it. */
async function here() {
  const opened = await openProjectOnly({cwd: project.directory, env: {HOME: project.home}});
  const session = await openSession(opened, {HOME: project.home});
  const store = await openSqliteStore(join(lab().scratch, 'here'), {usageHalfLifeMs: 86_400_000});
  onTestFinished(() => store.close());
  const silence = {beatMs: 500, suspectMs: 2000, lostMs: 3000};
  const settings = {...defaultCoordinatorSettings, silence};
  const coordinating = await openCoordinator({id: 'here', store, session, settings, log: silentLog});
  onTestFinished(() => coordinating.close(5000));
  return {coordinator: coordinating.coordinator, store};
}
