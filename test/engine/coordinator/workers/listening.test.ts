import {expect, test} from 'vitest';
import {type Condition, conditionOf} from '../../../../src/engine/coordinator/leading/silence.ts';
import {Listening, lookMs, mostBetweenLooksMs} from '../../../../src/engine/coordinator/workers/listening.ts';

const silence = {beatMs: 2000, suspectMs: 5000, lostMs: 10_000};

/** Looks at these times, after nothing was heard. */
function silentFor(times: readonly number[]): {readonly ms: number; readonly condition: Condition} {
  const listening = new Listening(0, mostBetweenLooksMs);
  const ms = times.reduce((sum, now) => sum + listening.passed(now), 0);
  return {ms, condition: conditionOf(ms, silence)};
}

const every = (ms: number, untilMs: number): readonly number[] =>
  Array.from({length: untilMs / ms}, (_, index) => (index + 1) * ms);

test.each<[string, readonly number[], number, Condition]>([
  ['on time, a host that says nothing is suspect after 5 s', every(lookMs, 5000), 5000, 'suspect'],
  ['and lost after 10', every(lookMs, 10_000), 10_000, 'lost'],
  ['looks that come a little late count for what they are', every(750, 9000), 9000, 'suspect'],
  ['a process stopped for an hour heard nobody', [500, 3_600_500], 1500, 'well'],
  ['nor did one that was too busy for 30 s, once', [...every(500, 2000), 32_000, 32_500], 3500, 'well'],
  ['one that comes around every 4 s has silence told late, but told', every(4000, 40_000), 10_000, 'lost'],
  ['a clock that goes back counts nothing, and goes on from there', [1000, 200, 700], 1500, 'well'],
  ['looks that come in a heap after a stop count once', [20_000, 20_001, 20_002, 20_003], 1003, 'well'],
])('%s', (_, times, ms, condition) => expect(silentFor(times)).toEqual({ms, condition}));
