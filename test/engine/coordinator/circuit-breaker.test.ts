import {expect, test} from 'vitest';
import {CircuitBreaker} from '../../../src/engine/coordinator/circuit-breaker.ts';

/** One that opens after two failures, for a second; `answer` is an error that is no failure. */
function broken() {
  const time = {nowMs: 0};
  const breaker = new CircuitBreaker({
    failures: 2,
    restMs: 1000,
    isFailure: error => (error as Error).message !== 'answer',
    refusal: last => new Error(`refused after ${(last as Error).message}`),
    clock: {monotonicMs: () => time.nowMs},
  });
  /** `ok`, or what the caller was told. */
  const call = async (what: string): Promise<string> =>
    breaker
      .run(async () => {
        if (what !== 'ok') throw new Error(what);
        return what;
      })
      .catch((error: Error) => error.message);
  return {time, breaker, call};
}

// Each step: what is called, at which time, what the caller is told, whether it is closed then.
type Step = readonly [call: string, atMs: number, told: string, closed: boolean];
const open: readonly Step[] = [
  ['down', 0, 'down', true],
  ['down', 0, 'down', false],
];
const refused = 'refused after down';
const histories: Readonly<Record<string, readonly Step[]>> = {
  'failures in a row open it': [...open, ['ok', 0, refused, false]],
  'a success in between begins the count anew': [
    ['down', 0, 'down', true],
    ['ok', 0, 'ok', true],
    ['down', 0, 'down', true],
    ['ok', 0, 'ok', true],
  ],
  'an answer is none of its failures, and begins the count anew': [
    ['down', 0, 'down', true],
    ['answer', 0, 'answer', true],
    ['down', 0, 'down', true],
    ['ok', 0, 'ok', true],
  ],
  'until the rest is over nobody gets through': [...open, ['ok', 999, refused, false]],
  'half open, a success closes it': [...open, ['ok', 1000, 'ok', true], ['ok', 1000, 'ok', true]],
  'half open, an answer closes it': [...open, ['answer', 1000, 'answer', true], ['ok', 1000, 'ok', true]],
  'half open, one failure is enough, for a whole rest': [
    ...open,
    ['down', 1000, 'down', false],
    ['ok', 1999, refused, false],
    ['ok', 2000, 'ok', true],
  ],
  'closed again, it takes as many failures as before': [
    ...open,
    ['ok', 1000, 'ok', true],
    ['down', 1000, 'down', true],
    ['ok', 1000, 'ok', true],
  ],
};

test.each(Object.entries(histories))('%s', async (_, steps) => {
  const {time, breaker, call} = broken();
  for (const [what, atMs, told, closed] of steps) {
    time.nowMs = atMs;
    expect([await call(what), breaker.trouble === undefined]).toEqual([told, closed]);
  }
});

/** Work that ends when a test says so. */
function held(breaker: CircuitBreaker) {
  const {promise, resolve, reject} = Promise.withResolvers<string>();
  const told = breaker.run(() => promise).catch((error: Error) => error.message);
  return {told, resolve, fail: (why: string) => reject(new Error(why))};
}

test.each([
  ['goes through when that succeeds', 'ok', 'ok'],
  ['is refused when that fails', 'still down', 'refused after still down'],
])('half open, one tries; who comes meanwhile waits for it, and %s', async (_, outcome, told) => {
  const {time, breaker, call} = broken();
  for (const [what] of open) await call(what);
  time.nowMs = 1000;
  const one = held(breaker);
  let tried = 0;
  const others = [1, 2].map(() => {
    const work = async () => {
      tried += 1;
      return 'ok';
    };
    return breaker.run(work).catch((error: Error) => error.message);
  });
  await new Promise(resolve => setImmediate(resolve));
  expect([tried, breaker.trouble !== undefined]).toEqual([0, true]);
  if (outcome === 'ok') one.resolve(outcome);
  else one.fail(outcome);
  expect(await one.told).toBe(outcome);
  expect(await Promise.all(others)).toEqual([told, told]);
});

test('what began before it opened neither closes it nor prolongs its rest', async () => {
  const {time, breaker, call} = broken();
  const [slow, late] = [held(breaker), held(breaker)];
  for (const [what] of open) await call(what);
  time.nowMs = 500;
  slow.resolve('at last');
  late.fail('timed out');
  expect(await slow.told).toBe('at last');
  expect(await late.told).toBe('timed out');
  expect(await call('ok')).toMatch(/^refused/);
  time.nowMs = 1000;
  expect(await call('ok')).toBe('ok');
});
