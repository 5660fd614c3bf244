import {expect, test} from 'vitest';
import {type Ahead, endsSince, firstOfEach, isAhead} from '../../../../src/engine/coordinator/leading/ahead.ts';
import {type Claim, claimOf} from '../../../../src/engine/coordinator/leading/claim.ts';
import type {WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import type {FoundAttempt} from '../../../../src/engine/coordinator/types/workload-type.ts';
import {workloadStates} from '../../../../src/engine/coordinator/workload-states.ts';

type Is = 'runs' | 'there' | 'kept' | 'prepared';
const found = (is: Is, attempt: number): Pick<FoundAttempt, 'attempt' | 'running' | 'ended'> => ({
  attempt,
  running: is === 'runs',
  ...((is === 'there' || is === 'kept') && {ended: is}),
});

// Found on h1, of a store that knows of attempt 2.
test.each<[WorkloadRow['state'], string | undefined, Is, number, Claim]>([
  ['RUNNING', 'h1', 'runs', 2, 'store'],
  ['RUNNING', 'h1', 'there', 2, 'store'],
  ['LOST', 'h1', 'kept', 2, 'store'],
  ['SCHEDULED', 'h2', 'runs', 2, 'remove'],
  ['RUNNING', 'h1', 'runs', 1, 'remove'],
  ['RUNNING', 'h2', 'runs', 3, 'remove'],
  ['RUNNING', 'h2', 'there', 3, 'remove-ahead'],
  ['RUNNING', 'h2', 'kept', 3, 'ahead'],
  ['PENDING', undefined, 'runs', 3, 'ahead'],
  ['RETRYING', 'h1', 'runs', 4, 'ahead'],
  ['RETRYING', 'h1', 'there', 3, 'ahead'],
  ['RETRYING', 'h1', 'prepared', 3, 'remove'],
  ['RETRYING', 'h1', 'kept', 3, 'ahead'],
  // It failed, the store knows that, and it is tried again.
  ['RETRYING', 'h1', 'kept', 2, 'store'],
  ['RETRYING', 'h1', 'there', 2, 'remove'],
  ['PENDING', undefined, 'kept', 1, 'store'],
  ['PAUSED', undefined, 'kept', 3, 'ahead'],
  ['PAUSED', undefined, 'there', 3, 'remove-ahead'],
  ['PAUSED', undefined, 'runs', 3, 'remove'],
  ['SUCCEEDED', 'h1', 'kept', 2, 'store'],
  ['FAILED', 'h1', 'kept', 3, 'store'],
  ['FAILED', 'h1', 'there', 3, 'remove'],
  ['CANCELLED', 'h1', 'runs', 3, 'remove'],
])('of one that is %s on %s, attempt %4$s that %3$s on h1: %5$s', (state, worker, is, attempt, claim) => {
  expect(claimOf({state, attempt: 2, ...(worker !== undefined && {worker})}, found(is, attempt), 'h1')).toBe(claim);
});

test('of one that the store has never heard of, what is there is removed, and an end means nothing', () => {
  expect((['runs', 'there', 'prepared', 'kept'] as const).map(is => claimOf(undefined, found(is, 1), 'h1'))).toEqual([
    'remove',
    'remove',
    'remove',
    'store',
  ]);
});

test('an attempt that the store knows of never counts as ahead, whatever its state', () => {
  for (const state of workloadStates)
    for (const worker of ['h1', 'h2'])
      for (const is of ['runs', 'there', 'kept', 'prepared'] as const)
        for (const attempt of [1, 2]) {
          expect(claimOf({state, attempt: 2, worker}, found(is, attempt), 'h1')).not.toContain('ahead');
          expect(isAhead({attempt}, {state, attempt: 2} as WorkloadRow)).toBe(false);
        }
});

test('of each workload the attempt that comes first is begun first', () => {
  const ahead = (workload: string, attempt: number, worker: string): Ahead => ({
    workload,
    attempt,
    worker,
    there: false,
  });
  const all = [ahead('a', 3, 'h1'), ahead('b', 1, 'h1'), ahead('a', 2, 'h2'), ahead('a', 2, 'h3')];
  expect(firstOfEach(all)).toEqual([ahead('a', 2, 'h2'), ahead('b', 1, 'h1')]);
});

test('ends are asked for since what waits longest, or what was placed last', () => {
  const row = (state: WorkloadRow['state'], changedAt: number) => ({state, changedAt});
  expect(endsSince([])).toBeUndefined();
  expect(endsSince([row('PAUSED', 1)])).toBeUndefined();
  expect(endsSince([row('PENDING', 20), row('RETRYING', 10), row('PAUSED', 1)])).toBe(10);
  // Both are of the backup; what was accepted since must not hide that.
  expect(endsSince([row('RUNNING', 5), row('LOST', 9), row('PENDING', 1000)])).toBe(9);
  expect(endsSince([row('RUNNING', 5), row('PENDING', 3)])).toBe(3);
});
