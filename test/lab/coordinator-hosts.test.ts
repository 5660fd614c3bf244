import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {argv, connect, mustRun} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {checkHistory} from '../engine/coordinator/harness/check-history.ts';
import type {ContainerEvent} from '../engine/coordinator/harness/recorded-history.ts';
import {Coordinators} from './harness/coordinators.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {recordRun} from './harness/record-run.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {storeInPostgres} from './harness/store-in-postgres.ts';

const names = ['h1', 'h2'];
const lab = sharedLab({hosts: names.length});
const reference = 'docker.io/library/busybox:test';

let project: TestProject;
beforeAll(async () => {
  const archive = await busyboxArchive();
  // Hosts are lost soon, so that nobody waits for it.
  const failures = '{beat: 500ms, suspect: 2s, lost: 3s, leader: 2s}';
  project = await lab().project('', {}, `server:\n  failures: ${failures}\n`);
  for (const host of labHosts(lab().lab)) {
    const connection = await connect(host, {env: {}});
    await mustRun(connection, argv('ctr', '-n', 'niyanta', 'images', 'import', '-'), {what: 'import', input: archive});
    await connection.close();
  }
});

const waits = {timeout: 60_000, interval: 200};

/** Notes on its host that it began and that it ended, which it does when the host says so, by a file of this name. */
const noting = (name: string, parts: object = {}, until = 'go') => ({
  name,
  image: reference,
  mounts: ['/srv/marks:/marks'],
  command: [
    'sh',
    '-c',
    'it="$NIYANTA_WORKLOAD_ID $NIYANTA_ATTEMPT"; echo "$it started" >>/marks/log; while [ ! -e /marks/$0 ]; do sleep 0.1; done; echo "$it ended" >>/marks/log',
    until,
  ],
  ...parts,
});

/** What containers wrote themselves. */
async function marks(): Promise<readonly ContainerEvent[]> {
  const texts = await Promise.all(
    names.map(async host => [host, await lab().sh(host, 'cat /srv/marks/log || :')] as const),
  );
  return texts.flatMap(([host, text]) =>
    text.split('\n').flatMap(line => {
      const [, workload, attempt, what] = /^(\S+) (\d+) (started|ended)$/.exec(line) ?? [];
      if (!workload) return [];
      return [{at: 0, host, workload, attempt: Number(attempt), what: what as 'started' | 'ended', exitCode: 0}];
    }),
  );
}

const everywhere = (text: string) => Promise.all(names.map(host => lab().sh(host, text)));

async function onPostgres() {
  await everywhere('rm -rf /srv/marks; mkdir -p /srv/marks; chmod 777 /srv/marks');
  const postgres = storeInPostgres();
  onTestFinished((await postgres.start!()) as () => Promise<void>);
  const {location} = await postgres.make();
  const coordinators = new Coordinators(key => ServedCoordinator.startOn(project, location, key));
  onTestFinished(() => coordinators.end());
  const state = async (id: string) => {
    const {state, attempt} = await (await coordinators.leader()).ask('GET', `/v1/workloads/${id}`);
    return `${state} ${attempt}`;
  };
  const record = async (ids: readonly string[]) => {
    const store = await postgres.open(location);
    onTestFinished(() => store.close());
    return recordRun(
      store,
      ids.map(id => ({id})),
      await marks(),
    );
  };
  return {postgres, location, coordinators, state, record};
}

test('all hosts are silent at once: nothing is started elsewhere, and all goes on when they are back; then leader and a host die', async () => {
  const {coordinators, state, record} = await onPostgres();
  const one = await coordinators.add();
  await coordinators.add();
  const ids: string[] = [];
  for (const host of names)
    ids.push(
      (
        await one.ask('POST', '/v1/workloads', {
          workload: noting(`on-${host}`, {placement: {prefer: [{match: {host}, weight: 100}]}}),
        })
      ).id,
    );
  for (const id of ids) await expect.poll(() => state(id), waits).toBe('RUNNING 1');
  await Promise.all(names.map(host => lab().partition(host)));
  for (const id of ids) await expect.poll(() => state(id), waits).toBe('LOST 1');
  await Promise.all(names.map(host => lab().heal(host)));
  for (const id of ids) await expect.poll(() => state(id), waits).toBe('RUNNING 1');

  const leader = await coordinators.leader();
  const began = performance.now();
  coordinators.kill(leader);
  await lab().kill('h1');
  await expect.poll(() => state(ids[0]!), waits).toBe('RUNNING 2');
  console.log(`leader and host lost at once: started elsewhere after ${Math.round(performance.now() - began)} ms`);
  await lab().reboot('h1');
  await everywhere('touch /srv/marks/go');
  for (const id of ids) await expect.poll(() => state(id), waits).toMatch('SUCCEEDED');
  expect(checkHistory(await record(ids))).toEqual([]);
});

test('the database is put back from a backup: what runs goes on, what ended is not run again, what it does not know is ended', async () => {
  const {postgres, coordinators, state, record} = await onPostgres();
  const served = await coordinators.add();
  const submit = async (name: string, until = 'go'): Promise<string> =>
    (await served.ask('POST', '/v1/workloads', {workload: noting(name, {}, until)})).id;
  const drain = (how: 'drain' | 'undrain', of: ServedCoordinator) =>
    Promise.all(names.map(host => of.ask('POST', `/v1/workers/${host}/${how}`)));
  const known = await submit('known');
  const knownEnds = await submit('known-ends', 'end');
  for (const id of [known, knownEnds]) await expect.poll(() => state(id), waits).toBe('RUNNING 1');
  await drain('drain', served);
  // Accepted before the backup, and started after it.
  const waiting = await submit('waiting');
  const waitingEnds = await submit('waiting-ends', 'end');
  const dump = postgres.server().dump('postgres');
  await drain('undrain', served);
  for (const id of [waiting, waitingEnds]) await expect.poll(() => state(id), waits).toBe('RUNNING 1');
  const later = await submit('later');
  await expect.poll(() => state(later), waits).toBe('RUNNING 1');
  const on = async (what: string) => (await everywhere(`ctr -n niyanta ${what} ls -q`)).join('\n').split('\n');
  // Their ends are known to the database that is about to be lost, and what they left is removed.
  await everywhere('touch /srv/marks/end');
  for (const id of [knownEnds, waitingEnds]) {
    await expect.poll(() => state(id), waits).toBe('SUCCEEDED 1');
    await expect.poll(() => on('containers'), waits).not.toContain(`workload.${id}.1`);
  }
  await served.end('SIGKILL');
  await postgres.server().sql('postgres', 'drop schema niyanta_serve cascade');
  postgres.server().load('postgres', dump);

  // Its workers are in drain, as the backup has it: what waits is not begun, only found.
  const next = await coordinators.add();
  for (const id of [known, waiting]) await expect.poll(() => state(id), waits).toBe('RUNNING 1');
  for (const id of [knownEnds, waitingEnds]) {
    await expect.poll(() => state(id), waits).toBe('SUCCEEDED 1');
    const {reason} = await next.ask('GET', `/v1/workloads/${id}`);
    expect(reason).toContain('its host says so, the database did not know');
  }
  await expect.poll(() => on('tasks'), waits).not.toContain(`workload.${later}.1`);
  expect(await on('tasks')).toEqual(expect.arrayContaining([known, waiting].map(id => `workload.${id}.1`)));
  await everywhere('touch /srv/marks/go');
  for (const id of [known, waiting]) await expect.poll(() => state(id), waits).toBe('SUCCEEDED 1');
  await expect(next.ask('GET', `/v1/workloads/${later}`)).rejects.toThrow('404');
  const history = await record([known, waiting, knownEnds, waitingEnds]);
  expect(
    history
      .containers!.filter(({what}) => what === 'started')
      .map(({workload}) => workload)
      .sort(),
  ).toEqual([known, waiting, knownEnds, waitingEnds, later].sort());
  expect(
    checkHistory({...history, containers: history.containers!.filter(({workload}) => workload !== later)}),
  ).toEqual([]);
});
