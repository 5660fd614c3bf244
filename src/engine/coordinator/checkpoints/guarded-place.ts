import {BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen} from 'cockatiel';
import type {BackupPlace} from '../../runtime/backup/backup-place.ts';
import {OutsideError} from '../../spec/errors.ts';
import {wordsOf} from '../workers/outside-failure.ts';

export interface GuardedPlace {
  readonly place: BackupPlace;
  /** In words; undefined when it answers. */
  trouble(): string | undefined;
}

const failuresUntilOpen = 3;
const restMs = 10_000;

/**
 * Object storage behind a circuit breaker: after three failures in a row callers are refused at once for ten seconds, so that
 * workloads do not stand still for a checkpoint that cannot be kept anyway. That there is no such object is no failure.
 */
export function guardPlace(place: BackupPlace, rest = restMs): GuardedPlace {
  const breaker = circuitBreaker(handleWhen(isItsOwn), {
    breaker: new ConsecutiveBreaker(failuresUntilOpen),
    halfOpenAfter: rest,
  });
  let last = '';
  breaker.onFailure(({reason}) => {
    if ('error' in reason) last = wordsOf(reason.error);
  });
  const guarded = <T>(ask: () => Promise<T>): Promise<T> =>
    breaker.execute(ask).catch(error => {
      throw error instanceof BrokenCircuitError ? resting(place.label, last, error) : error;
    });
  return {
    place: {
      label: place.label,
      names: () => guarded(() => place.names()),
      write: (name, data) => guarded(() => place.write(name, data)),
      read: name => guarded(() => place.read(name)),
      remove: name => guarded(() => place.remove(name)),
      tidy: () => guarded(() => place.tidy()),
    },
    trouble: () => (breaker.state === CircuitState.Closed ? undefined : `${place.label} fails: ${last}`),
  };
}

/** Not that of what was to be written, and no answer about one object. */
const isItsOwn = (error: unknown): boolean =>
  error instanceof OutsideError && error.code.startsWith('backup-target-') && !/NoSuchKey|HTTP 404/.test(error.message);

const resting = (label: string, last: string, cause: unknown): OutsideError =>
  new OutsideError({
    code: 'checkpoint-storage-failed',
    message: `${label} is not asked for some seconds, since it failed: ${last}`,
    hint: 'See whether the object storage of checkpoints can be reached and written to.',
    transient: true,
    cause,
  });
