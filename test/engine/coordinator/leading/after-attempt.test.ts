import {expect, test} from 'vitest';
import {
  type AttemptHistory,
  afterAttempt,
  type Ended,
} from '../../../../src/engine/coordinator/leading/after-attempt.ts';

const backoff = {initialMs: 1000, factor: 2, maxMs: 10_000, jitter: false};

const history = (parts: Partial<AttemptHistory> = {}): AttemptHistory => ({
  rule: {max: 2, backoff},
  earlier: [],
  settings: {outsideFailures: {max: 2, initialMs: 500, maxMs: 4000}, poisonWorkers: 3},
  random: () => 0.5,
  ...parts,
});

const end = (outcome: Ended['outcome'], parts: Partial<Ended> = {}): Ended => ({
  worker: 'h1',
  outcome,
  reason: 'because',
  ...parts,
});
const earlier = (...outcomes: readonly Ended['outcome'][]) => outcomes.map(outcome => ({worker: 'h1', outcome}));

test.each([
  ['succeeded', 'SUCCEEDED'],
  ['cancelled', 'CANCELLED'],
  ['paused', 'PAUSED'],
  ['preempted', 'PENDING'],
  ['drained', 'PENDING'],
  ['checkpointed', 'RETRYING'],
  ['lost', 'PENDING'],
  ['outside', 'RETRYING'],
  ['failed', 'RETRYING'],
  ['timeout', 'RETRYING'],
] as const)('%s leaves it %s', (outcome, state) => expect(afterAttempt(end(outcome), history()).to).toBe(state));

test.each([
  [0, 1000],
  [1, 2000],
])('after %i retries the next one waits %i ms', (before, delayMs) => {
  const was = earlier(...Array<Ended['outcome']>(before).fill('failed'));
  expect(afterAttempt(end('failed'), history({earlier: was}))).toMatchObject({to: 'RETRYING', delayMs});
});

test('waits grow to their maximum and not beyond', () => {
  const was = earlier(...Array<Ended['outcome']>(30).fill('failed'));
  expect(afterAttempt(end('failed'), history({earlier: was, rule: {max: 99, backoff}})).delayMs).toBe(10_000);
});

test.each([
  [0, 0],
  [0.5, 500],
  [0.999, 999],
])('jitter is full: %f of the wait is %i ms', (random, delayMs) => {
  const rule = {max: 1, backoff: {...backoff, jitter: true}};
  expect(afterAttempt(end('failed'), history({rule, random: () => random})).delayMs).toBe(delayMs);
});

test('when retries are used up it has failed, for the reason of the last', () => {
  expect(afterAttempt(end('failed'), history({earlier: earlier('failed', 'timeout')}))).toEqual({
    to: 'FAILED',
    reason: 'because',
  });
});

test("what was asked for, or is nobody's fault, uses up no retries", () => {
  const was = earlier('outside', 'lost', 'preempted', 'drained', 'paused', 'checkpointed', 'failed');
  expect(afterAttempt(end('failed'), history({earlier: was}))).toMatchObject({to: 'RETRYING', delayMs: 2000});
});

test.each([
  [[1, 2], 1, 'RETRYING'],
  [[1, 2], 3, 'FAILED'],
  [undefined, 3, 'RETRYING'],
])('exit codes %j: %i leaves it %s', (exitCodes, exitCode, state) => {
  const rule = {max: 1, backoff, ...(exitCodes && {exitCodes})};
  expect(afterAttempt(end('failed', {exitCode}), history({rule})).to).toBe(state);
});

test('failures outside are bounded, too', () => {
  expect(afterAttempt(end('outside'), history({earlier: earlier('outside')}))).toMatchObject({
    to: 'RETRYING',
    delayMs: 500,
  });
  expect(afterAttempt(end('outside'), history({earlier: earlier('outside', 'outside')})).to).toBe('FAILED');
});

test('failing on three workers is enough, however many retries are left', () => {
  const was = [
    {worker: 'h2', outcome: 'lost' as const},
    {worker: 'h3', outcome: 'failed' as const},
  ];
  expect(afterAttempt(end('failed'), history({earlier: was, rule: {max: 99, backoff}}))).toEqual({
    to: 'FAILED',
    reason: 'quarantined: failed on 3 workers (h2, h3, h1); last: because',
  });
  expect(afterAttempt(end('lost'), history({earlier: was})).to).toBe('FAILED');
});

test('failing on one worker again and again is not: another may do', () => {
  const was = earlier('failed', 'failed', 'failed', 'failed');
  expect(afterAttempt(end('failed'), history({earlier: was, rule: {max: 99, backoff}})).to).toBe('RETRYING');
});
