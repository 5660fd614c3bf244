import fc from 'fast-check';
import {expect, test} from 'vitest';
import {toRemove} from '../../../../src/engine/runtime/backup/retention.ts';
import {nextDue} from '../../../../src/engine/runtime/backup/schedule.ts';
import type {BackupKeep} from '../../../../src/engine/spec/backup.ts';

const none: BackupKeep = {last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0};
const at = (startedAt: string, replica = 1) => ({id: `${startedAt}-${replica}`, startedAt, replica});
const kept = (all: readonly ReturnType<typeof at>[], keep: Partial<BackupKeep>): string[] => {
  const gone = new Set(toRemove(all, {...none, ...keep}).map(({id}) => id));
  return all.filter(({id}) => !gone.has(id)).map(({startedAt}) => startedAt);
};

const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'].map(day => `${day}T03:00:00.000Z`);

test.each<[string, Partial<BackupKeep>, readonly string[]]>([
  ['the newest ones', {last: 2}, ['2026-01-03', '2026-01-04']],
  ['one, where nothing says how many', {}, ['2026-01-04']],
  ['more than there are', {last: 9}, ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04']],
  ['one a day', {daily: 3}, ['2026-01-02', '2026-01-03', '2026-01-04']],
  ['one a week, which begins on Monday', {weekly: 2}, ['2026-01-04']],
  ['one a month', {monthly: 2}, ['2026-01-04']],
])('keeps %s', (_, keep, expected) => {
  expect(
    kept(
      days.map(day => at(day)),
      keep,
    ),
  ).toEqual(expected.map(day => `${day}T03:00:00.000Z`));
});

test('of a day its newest stays, of a week that of its Sunday, of a month its last', () => {
  const times = [
    '2026-01-31T01:00:00.000Z',
    '2026-01-31T23:00:00.000Z',
    '2026-02-01T01:00:00.000Z',
    '2026-02-02T01:00:00.000Z',
  ];
  const all = times.map(time => at(time));
  expect(kept(all, {daily: 9})).toEqual(times.slice(1));
  expect(kept(all, {weekly: 9})).toEqual(times.slice(2));
  expect(kept(all, {monthly: 9})).toEqual([times[1], times[3]]);
});

test('each replica keeps its own', () => {
  const all = [at(days[0]!, 1), at(days[1]!, 2), at(days[2]!, 2)];
  expect(kept(all, {last: 1})).toEqual([days[0], days[2]]);
});

test('whatever is kept, the newest is among it, and nothing is removed twice', () => {
  const keeps = fc.record({
    last: fc.nat(4),
    hourly: fc.nat(4),
    daily: fc.nat(4),
    weekly: fc.nat(4),
    monthly: fc.nat(4),
  });
  const times = fc.uniqueArray(fc.integer({min: 1_700_000_000, max: 1_800_000_000}), {minLength: 1, maxLength: 30});
  fc.assert(
    fc.property(times, keeps, (seconds, keep) => {
      const all = seconds.map(second => at(new Date(second * 1000).toISOString()));
      const gone = toRemove(all, keep).map(({startedAt}) => startedAt);
      expect(gone).not.toContain(new Date(Math.max(...seconds) * 1000).toISOString());
      expect(new Set(gone).size).toBe(gone.length);
      const most = keep.last + keep.hourly + keep.daily + keep.weekly + keep.monthly;
      expect(all.length - gone.length).toBeLessThanOrEqual(Math.max(1, keep.last) + most);
      expect(all.length - gone.length).toBeGreaterThanOrEqual(Math.min(all.length, Math.max(1, keep.last)));
    }),
  );
});

test.each<[string, string | undefined, string, string]>([
  ['at once where there is none yet', undefined, '2026-06-01T12:00:00Z', '2026-06-01T12:00:00.000Z'],
  ['at the next time after the last', '2026-06-01T03:00:01Z', '2026-06-01T12:00:00Z', '2026-06-02T03:00:00.000Z'],
  [
    'once, and not for each that was missed',
    '2026-05-01T03:00:01Z',
    '2026-06-01T12:00:00Z',
    '2026-05-02T03:00:00.000Z',
  ],
])('is due %s', (_, last, now, due) => {
  const schedule = {schedule: '0 3 * * *', timeZone: 'UTC'};
  expect(nextDue(schedule, last === undefined ? undefined : new Date(last), new Date(now))?.toISOString()).toBe(due);
});

test('a schedule goes by its time zone, and without one nothing is ever due', () => {
  const last = new Date('2026-06-01T12:00:00Z');
  expect(nextDue({schedule: '0 3 * * *', timeZone: 'Europe/Vilnius'}, last, last)?.toISOString()).toBe(
    '2026-06-02T00:00:00.000Z',
  );
  expect(nextDue({timeZone: 'UTC'}, undefined, last)).toBeUndefined();
});
