import {expect, test} from 'vitest';
import {dueTimes, mostMadeUp, nextTime} from '../../../../src/engine/coordinator/schedules/due-times.ts';

const at = (text: string) => Date.parse(text);
const iso = (times: readonly number[]) => times.map(time => new Date(time).toISOString().slice(0, 16));
const rule = (cron: string, missed: 'skip' | 'once' | 'all' = 'all', timeZone = 'UTC') => ({cron, timeZone, missed});

test('a time is due once, at its time, and not before', () => {
  const hourly = rule('0 * * * *');
  expect(dueTimes(hourly, at('2026-01-01T00:10Z'), at('2026-01-01T00:59:59Z')).times).toEqual([]);
  expect(iso(dueTimes(hourly, at('2026-01-01T00:10Z'), at('2026-01-01T01:00Z')).times)).toEqual(['2026-01-01T01:00']);
  expect(dueTimes(hourly, at('2026-01-01T01:00Z'), at('2026-01-01T01:00:01Z')).times).toEqual([]);
});

test.each([
  ['skip', [], 3],
  ['once', ['2026-01-01T03:00'], 2],
  ['all', ['2026-01-01T01:00', '2026-01-01T02:00', '2026-01-01T03:00'], 0],
] as const)('of three missed times %s starts %j', (missed, times, left) => {
  const due = dueTimes(rule('0 * * * *', missed), at('2026-01-01T00:30Z'), at('2026-01-01T03:30Z'));
  expect(iso(due.times)).toEqual(times);
  expect(due.missed).toBe(left);
});

test('skip starts what is on time', () => {
  const due = dueTimes(rule('0 * * * *', 'skip'), at('2026-01-01T00:30Z'), at('2026-01-01T02:00:05Z'));
  expect(iso(due.times)).toEqual(['2026-01-01T02:00']);
  expect(due.missed).toBe(1);
});

test('all is bounded: the newest of a year of minutes', () => {
  const due = dueTimes(rule('* * * * *'), at('2025-01-01T00:00Z'), at('2026-01-01T00:00Z'));
  expect(due.times).toHaveLength(mostMadeUp);
  expect(iso(due.times).at(-1)).toBe('2026-01-01T00:00');
  expect(due.missed).toBeGreaterThanOrEqual(900);
});

test('a fixed time that the clocks leave out comes when they have changed; one that they repeat comes once', () => {
  const vilnius = rule('30 3 * * *', 'all', 'Europe/Vilnius');
  expect(iso(dueTimes(vilnius, at('2026-03-28T12:00Z'), at('2026-03-29T12:00Z')).times)).toEqual(['2026-03-29T01:00']);
  expect(iso(dueTimes(vilnius, at('2026-10-24T12:00Z'), at('2026-10-25T12:00Z')).times)).toEqual(['2026-10-25T00:30']);
});

test('the next time is in the zone of the schedule', () => {
  expect(
    new Date(nextTime({cron: '0 9 * * 1', timeZone: 'America/New_York'}, at('2026-07-01T00:00Z'))!).toISOString(),
  ).toBe('2026-07-06T13:00:00.000Z');
});
