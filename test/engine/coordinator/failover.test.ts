import {randomBytes} from 'node:crypto';
import {expect, test} from 'vitest';
import {pickVariant} from '../../../src/engine/coordinator/comparing/pick-variant.ts';
import {Schedules} from '../../../src/engine/coordinator/schedules/schedules.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {FreezingClock} from './harness/freezing-clock.ts';
import {stage} from './harness/stage.ts';
import {submission} from './store/samples.ts';

test('a coordinator that stops leaves what runs, and the next one goes on with it', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  await on.coordinator.stop({deadlineMs: 5000});
  expect(on.type.running('long')!.ended).toBe(false);
  const next = await on.another();
  await expect.poll(() => next.leads()).toBe(true);
  await expect.poll(() => on.type.running('long')!.executions).toBe(2);
  on.type.running('long')!.end();
  await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
  expect(await on.states(id)).toEqual(['PENDING', 'SCHEDULED', 'STARTING', 'RUNNING', 'SUCCEEDED']);
});

test('after stop nothing is taken any more', async () => {
  const on = await stage(['h1']);
  await on.coordinator.stop({deadlineMs: 5000});
  await expect(on.coordinator.submit([submission('late')])).rejects.toMatchObject({code: 'stopping'});
  expect(on.coordinator.health()).toMatchObject({ready: false});
});

test('of two coordinators one leads, and what either takes is run', async () => {
  const on = await stage(['h1']);
  const other = await on.another();
  expect([on.coordinator.leads(), other.leads()]).toEqual([true, false]);
  const one = submission('through-the-other', {}, {type: 'stage', with: {}});
  await other.submit([one]);
  await expect.poll(() => on.state(one.id)).toBe('RUNNING');
});

test('a leader that is stopped for a while is followed, and does nothing when it goes on', async () => {
  const clock = new FreezingClock();
  const on = await stage(['h1', 'h2'], {}, clock);
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  const other = await on.another();
  clock.freeze();
  await expect.poll(() => other.leads(), {timeout: 10_000}).toBe(true);
  expect(on.coordinator.leads()).toBe(false);
  clock.thaw();
  await expect.poll(() => on.type.running('long')!.executions).toBe(2);
  const more = submission('more', {}, {type: 'stage', with: {}});
  await on.coordinator.submit([more]);
  await expect.poll(() => on.state(more.id)).toBe('RUNNING');
  on.type.running('long')!.end();
  await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
  const ends = (await on.store.events('everyone', {workload: id, limit: 100})).filter(({to}) => to === 'SUCCEEDED');
  expect(ends).toHaveLength(1);
  expect(on.type.history.filter(line => line.startsWith('start'))).toHaveLength(2);
  const elected = await on.store.events('everyone', {types: ['leader.elected'], limit: 100});
  expect(elected.map(({data}) => data.generation)).toEqual([1, 2]);
});

test('a store that was restored from a backup takes over what runs, and runs nothing twice', async () => {
  const on = await stage(['h1', 'h2']);
  // As the store of then knew it: submitted, not placed.
  await on.coordinator.stop({deadlineMs: 5000});
  const known = submission('known', {}, {type: 'stage', with: {}});
  await on.store.submit([known]);
  const row = (await on.store.workload('everyone', known.id))!;
  await on.type.onStage('h2', {...row, attempt: 1});
  await on.type.onStage('h1', {
    ...row,
    id: 'unknown-to-the-store',
    workload: {...row.workload, name: 'unknown'},
    attempt: 1,
  });
  await on.another();
  await expect.poll(() => on.state(known.id)).toBe('RUNNING');
  expect(await on.row(known.id)).toMatchObject({worker: 'h2', attempt: 1});
  await expect.poll(() => on.type.history).toContain('stop unknown.1 on h1');
  expect(on.type.history.filter(line => line.includes('known.1'))).toEqual(
    expect.arrayContaining(['there known.1 on h2', 'adopt known.1 on h2']),
  );
  expect(on.type.history).not.toContain('start known.1 on h1');
});

test('a store that was restored from a backup starts nothing before it knows what runs, however slow a host is', async () => {
  const on = await stage(['h1', 'h2']);
  await on.coordinator.stop({deadlineMs: 5000});
  const known = submission('known', {}, {type: 'stage', with: {}});
  await on.store.submit([known]);
  const row = (await on.store.workload('everyone', known.id))!;
  await on.type.onStage('h2', {...row, attempt: 1});
  const looked = Promise.withResolvers<void>();
  const found = on.type.found.bind(on.type);
  on.type.found = async host => {
    if (host.name === 'h2') await looked.promise;
    return found(host);
  };
  const next = await on.another();
  await expect.poll(async () => (await next.why('everyone', known.id))?.state).toBe('PENDING');
  // Many rounds, with h1 ready to take it.
  await new Promise(resolve => setTimeout(resolve, 300));
  looked.resolve();
  await expect.poll(() => on.state(known.id)).toBe('RUNNING');
  expect(await on.row(known.id)).toMatchObject({worker: 'h2', attempt: 1});
  expect(on.type.history.filter(line => line.startsWith('start'))).toEqual([]);
});

test('a store that was restored from a backup goes on with what runs while it still ends what nobody waits for', async () => {
  const on = await stage(['h1', 'h2']);
  await on.coordinator.stop({deadlineMs: 5000});
  const known = submission('known', {}, {type: 'stage', with: {}});
  await on.store.submit([known]);
  const row = (await on.store.workload('everyone', known.id))!;
  await on.type.onStage('h1', {...row, id: 'unknown', workload: {...row.workload, name: 'unknown'}, attempt: 1});
  await on.type.onStage('h1', {...row, attempt: 1});
  const cleared = Promise.withResolvers<void>();
  const clear = on.type.clear.bind(on.type);
  on.type.clear = async (host, found) => {
    if (found.workload === 'unknown') await cleared.promise;
    await clear(host, found);
  };
  await on.another();
  await expect.poll(() => on.state(known.id)).toBe('RUNNING');
  expect(await on.row(known.id)).toMatchObject({worker: 'h1', attempt: 1});
  expect(on.type.running('unknown')).toBeDefined();
  cleared.resolve();
  await expect.poll(() => on.type.running('unknown')).toBeUndefined();
});

test('a store that was restored from a backup is told of what ended since, and runs none of it again', async () => {
  const on = await stage(['h1', 'h2']);
  await on.coordinator.stop({deadlineMs: 5000});
  const retries = {max: 2, backoff: {initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: false}};
  const one = (name: string, parts: object = {}) => submission(name, {}, {type: 'stage', with: {}, ...parts});
  const done = one('done');
  const again = one('again', {retries});
  const gap = one('gap', {retries});
  const later = one('later', {after: [{workload: 'done', on: 'success'}]});
  await on.store.submit([done, again, gap, later]);
  on.type.keep('h2', done.id, 1, 0);
  // Failed, and tried again elsewhere with success.
  on.type.keep('h1', again.id, 1, 3);
  on.type.keep('h2', again.id, 2, 0);
  // Its first attempt was lost with its host.
  on.type.keep('h1', gap.id, 2, 0);
  on.type.keep('h1', later.id, 1, 0);
  on.type.onInit = async ({workload, attempt}) => {
    if (workload.id === gap.id && attempt === 1)
      throw new OutsideError({code: 'fenced', message: 'attempt 2 was here'});
  };
  await on.another();
  for (const {id} of [done, again, gap, later]) await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
  expect((await on.store.attempts('everyone', again.id)).map(({worker, outcome}) => [worker, outcome])).toEqual([
    ['h1', 'failed'],
    ['h2', 'succeeded'],
  ]);
  expect((await on.store.attempts('everyone', gap.id)).map(({outcome}) => outcome)).toEqual(['outside', 'succeeded']);
  expect(on.type.history.toSorted()).toEqual([
    'tell again.1 on h1',
    'tell again.2 on h2',
    'tell done.1 on h2',
    'tell gap.2 on h1',
    'tell later.1 on h1',
  ]);
});

test('a store that knows of a failure tries again, whatever is remembered of the attempts before', async () => {
  const on = await stage(['h1']);
  const retries = {max: 1, backoff: {initialMs: 1, factor: 1, maxMs: 1, jitter: false}};
  const again = submission('again', {}, {type: 'stage', with: {}, retries});
  await on.coordinator.submit([again]);
  await expect.poll(() => on.state(again.id)).toBe('RUNNING');
  // Before its end was told, as a host does it that a coordinator has removed it from.
  on.type.running('again')!.end({outcome: 'failed', exitCode: 1, reason: 'exit 1'});
  on.type.keep('h1', again.id, 1, 1);
  await expect.poll(() => on.type.running('again')?.attempt).toBe(2);
  await on.coordinator.stop({deadlineMs: 5000});
  await on.another();
  await expect.poll(() => on.type.running('again')?.executions).toBe(2);
  on.type.running('again')!.end();
  await expect.poll(() => on.state(again.id)).toBe('SUCCEEDED');
  expect(on.type.history.filter(line => line.startsWith('tell'))).toEqual([]);
});

test('due schedules are fired once, whoever leads', async () => {
  const on = await stage(['h1']);
  await on.coordinator.stop({deadlineMs: 5000});
  const {workload} = submission('nightly', {}, {type: 'sleep', with: {seconds: 0}});
  const rule = {cron: '* * * * *', timeZone: 'UTC', missed: 'once' as const};
  const put = await on.store.putSchedule({id: 's1', customer: 'acme', workload, rule, inputs: {}}, {name: 'key:ann'});
  expect(put.firedUntil).toBeGreaterThan(0);
  const leadership = (await on.store.lead({coordinator: 'test', ttlMs: 1000}))!;
  // As if nobody had looked for an hour.
  const hourAgo = put.firedUntil - 3_600_000;
  expect(
    await on.store.fire(leadership, {schedule: 's1', from: put.firedUntil, until: hourAgo, submissions: []}),
  ).toEqual([]);
  await on.store.resign(leadership);
  await on.another();
  const fired = async () => (await on.store.workloads('everyone', {schedule: 's1', limit: 10})).items;
  await expect.poll(async () => (await fired()).map(({state}) => state)).toEqual(['SUCCEEDED']);
  const missed = await on.store.events('everyone', {types: ['schedule.missed'], limit: 10});
  expect(missed).toMatchObject([{data: {schedule: 's1', rule: 'once'}}]);
});

test('a schedule submits its versions by weight, each time the same one whoever looks', async () => {
  const on = await stage(['h1']);
  await on.coordinator.stop({deadlineMs: 5000});
  const version = (name: string) =>
    submission('nightly', {}, {type: 'sleep', with: {seconds: 0}, version: name}).workload;
  const versions = [
    {workload: version('v1'), weight: 90, inputs: {}},
    {workload: version('v2'), weight: 10, inputs: {}},
    {workload: version('v3'), weight: 0, inputs: {}},
  ];
  const rule = {cron: '* * * * *', timeZone: 'UTC', missed: 'all' as const};
  const schedule = {id: 's1', customer: 'acme', workload: versions[0]!.workload, rule, inputs: {}, versions};
  const {firedUntil: from} = await on.store.putSchedule(schedule, {name: 'key:ann'});
  const leadership = (await on.store.lead({coordinator: 'test', ttlMs: 60_000}))!;
  const until = from + 90 * 60_000;
  const parts = {store: on.store, coordinator: 'test', now: () => until, randomBytes};
  expect(await new Schedules(parts).fireDue(leadership)).toBe(90);
  const {items} = await on.store.workloads('everyone', {schedule: 's1', limit: 100});
  expect(items).toHaveLength(90);
  for (const {id, workload} of items) {
    const time = new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString();
    expect(workload.version).toBe(versions[pickVariant('nightly', time, [90, 10, 0])]!.workload.version);
  }
});
