import type {BackupPlace} from '../../runtime/backup/backup-place.ts';
import {OutsideError} from '../../spec/errors.ts';
import {CircuitBreaker} from '../circuit-breaker.ts';
import type {Clock} from '../clock.ts';
import {wordsOf} from '../workers/outside-failure.ts';

/** What keeps checkpoints. Without `remove`: whoever stores them removes what is dropped. */
export type KeptPlace = Pick<BackupPlace, 'label' | 'write' | 'read'> & Partial<Pick<BackupPlace, 'remove'>>;

export interface GuardedPlace {
  readonly place: KeptPlace;
  /** In words; undefined when it answers. */
  trouble(): string | undefined;
}

const failuresUntilOpen = 3;
const restMs = 10_000;

/**
 * Object storage behind a circuit breaker: after three failures in a row callers are refused at once for ten seconds, so that
 * workloads do not stand still for a checkpoint that cannot be kept anyway. That there is no such object is no failure.
 */
export function guardPlace(place: KeptPlace, clock: Pick<Clock, 'monotonicMs'>): GuardedPlace {
  const refusal = (last: unknown) => resting(place.label, last);
  const breaker = new CircuitBreaker({failures: failuresUntilOpen, restMs, isFailure: isItsOwn, refusal, clock});
  const guarded = <T>(ask: () => Promise<T>): Promise<T> => breaker.run(ask);
  const {remove} = place;
  return {
    place: {
      label: place.label,
      write: (name, data) => guarded(() => place.write(name, data)),
      read: name => guarded(() => place.read(name)),
      ...(remove && {remove: name => guarded(() => remove(name))}),
    },
    trouble: () => breaker.trouble && `${place.label} fails: ${wordsOf(breaker.trouble.last)}`,
  };
}

/** Not that of what was to be written, and no answer about one object. */
const isItsOwn = (error: unknown): boolean =>
  error instanceof OutsideError && error.code.startsWith('backup-target-') && !error.message.includes('NoSuchKey');

const resting = (label: string, last: unknown): OutsideError =>
  new OutsideError({
    code: 'checkpoint-storage-failed',
    message: `${label} is not asked for some seconds, since it failed: ${wordsOf(last)}`,
    hint: 'See whether the object storage of checkpoints can be reached and written to.',
    transient: true,
    cause: last,
  });
