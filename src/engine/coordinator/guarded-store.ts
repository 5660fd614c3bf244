import {OutsideError, UserError, UserErrors} from '../spec/errors.ts';
import {CircuitBreaker} from './circuit-breaker.ts';
import type {Clock} from './clock.ts';
import type {Store} from './store/store.ts';
import {wordsOf} from './workers/outside-failure.ts';

export interface GuardedStore {
  readonly store: Store;
  /** In words; undefined when it answers. */
  trouble(): string | undefined;
}

const failuresUntilOpen = 5;
const restMs = 1000;

/**
 * The store behind a circuit breaker: after five failures in a row callers are refused at once for a second (OutsideError
 * `database-unavailable`, transient), so that requests do not pile up behind a database that does not answer. What a
 * database answers, a refusal too, is no failure of it.
 */
export function guardStore(store: Store, clock: Pick<Clock, 'monotonicMs'>): GuardedStore {
  const isFailure = (error: unknown) => !(error instanceof UserError || error instanceof UserErrors || isAnswer(error));
  const breaker = new CircuitBreaker({failures: failuresUntilOpen, restMs, isFailure, refusal: unavailable, clock});
  const guarded = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || unguarded.has(String(name)))
        return typeof member === 'function' ? member.bind(target) : member;
      return (...args: unknown[]) => breaker.run(async () => member.apply(target, args));
    },
  });
  return {
    store: guarded,
    trouble: () => breaker.trouble && `does not answer: ${wordsOf(breaker.trouble.last)}`,
  };
}

/** Ends and subscriptions are not to be refused. */
const unguarded = new Set(['close', 'onHint', 'resign']);

const isAnswer = (error: unknown): boolean => error instanceof OutsideError && error.code === 'not-leading';

const unavailable = (last: unknown): OutsideError =>
  new OutsideError({
    code: 'database-unavailable',
    message: `the database does not answer: ${wordsOf(last)}`,
    hint: 'It is tried again every second. Is it up, and reachable from here?',
    transient: true,
    cause: last,
  });
