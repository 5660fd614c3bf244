import {expect, test} from 'vitest';
import type {Stack} from '../../../src/engine/spec/stack.ts';
import {
  appendHistory,
  findSerial,
  KEPT_ENTRIES,
  KEPT_SNAPSHOTS,
  summaryText,
} from '../../../src/engine/state/history.ts';
import type {HistoryEntry} from '../../../src/engine/state/lock-file.ts';

const stack: Stack = {name: 'shop', services: [], volumes: [], routes: []};
const entry = (serial: number): HistoryEntry => ({
  serial,
  at: '2026-01-02T03:04:05Z',
  who: 'me@here',
  action: 'apply',
  outcome: 'applied',
  summary: '1 created',
  stack,
  images: {},
});
const after = (count: number) =>
  Array.from({length: count}, (_, index) => entry(index + 1)).reduce<readonly HistoryEntry[]>(appendHistory, []);

test('the newest keep their stack, older ones lose it, the oldest go', () => {
  const history = after(KEPT_ENTRIES + 10);
  expect(history).toHaveLength(KEPT_ENTRIES);
  expect(history[0]?.serial).toBe(11);
  expect(history.filter(({stack}) => stack).map(({serial}) => serial)).toEqual(
    Array.from({length: KEPT_SNAPSHOTS}, (_, index) => KEPT_ENTRIES + 10 - KEPT_SNAPSHOTS + 1 + index),
  );
  expect(history[0]).not.toHaveProperty('images');
});

test('a serial is found with its stack', () => {
  expect(findSerial(after(3), 2)).toMatchObject({serial: 2, stack});
});

test.each([
  [99, 'unknown-serial'],
  [1, 'serial-too-old'],
])('serial %i is refused as %s, with those there are', (serial, code) => {
  expect(() => findSerial(after(KEPT_SNAPSHOTS + 2), serial)).toThrow(
    expect.objectContaining({code, hint: expect.stringContaining('3, 4, 5')}),
  );
});

test.each([
  [{create: 2, update: 0, replace: 1, delete: 0}, '2 created, 1 replaced'],
  [{create: 0, update: 1, replace: 0, delete: 3}, '1 updated, 3 deleted'],
  [{create: 0, update: 0, replace: 0, delete: 0}, 'nothing changed'],
])('%j reads "%s"', (counts, text) => expect(summaryText(counts)).toBe(text));
