import {expect, test} from 'vitest';
import {resolveAfter} from '../../../../src/engine/coordinator/store/decisions/after.ts';
import {decayed} from '../../../../src/engine/coordinator/store/decisions/usage.ts';
import {answerWish} from '../../../../src/engine/coordinator/store/decisions/wishes.ts';
import {mayFollow, workloadStates} from '../../../../src/engine/coordinator/workload-states.ts';

test.each([
  [0, 100],
  [1000, 50],
  [2000, 25],
  [-5000, 100],
])('what was used %i ms ago counts as %f of 100, with a half-life of a second', (ago, left) => {
  expect(decayed(100, 10_000 - ago, 10_000, 1000)).toBeCloseTo(left, 9);
});

test('a wish that is granted at once is a transition that the table of states has', () => {
  for (const state of workloadStates)
    for (const wish of ['cancel', 'pause', 'resume', 'retry'] as const)
      for (const wanted of [undefined, 'cancel', 'pause'] as const) {
        const answer = answerWish({state, wanted}, wish);
        if (answer.kind === 'now') expect(mayFollow(state, answer.to)).toBe(true);
      }
});

test('nothing that goes on resolves what waits for it', () => {
  for (const state of workloadStates.slice(0, 8))
    for (const on of ['success', 'failure', 'always'] as const) expect(resolveAfter(state, on)).toBe('open');
});
