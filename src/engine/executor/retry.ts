import {ExponentialBackoff, handleWhen, retry} from 'cockatiel';
import {OutsideError} from '../spec/errors.ts';

const attempts = 4;

/** Whether trying again may help: a lost connection, a time-out, a registry's 5xx. */
export const isTransient = (error: unknown): boolean => error instanceof OutsideError && error.transient;

/** Whether nobody answers there any more, rather than that something there went wrong. */
export const isHostGone = (error: unknown): boolean =>
  error instanceof OutsideError && (error.code === 'host-unreachable' || error.code === 'connection-lost');

/**
 * Tries an idempotent action up to 5 times, waiting 0.5 s to 8 s with decorrelated jitter between, and only after
 * transient failures; the first permanent one is thrown as it is.
 */
export function withRetry<T>(
  action: () => Promise<T>,
  options: {readonly signal: AbortSignal; readonly onRetry: (attempt: number, error: unknown) => void},
): Promise<T> {
  const policy = retry(handleWhen(isTransient), {
    maxAttempts: attempts,
    backoff: new ExponentialBackoff({initialDelay: 500, maxDelay: 8000}),
  });
  let last: unknown;
  policy.onFailure(failure => {
    last = 'error' in failure.reason ? failure.reason.error : failure.reason.value;
  });
  policy.onRetry(({attempt}) => options.onRetry(attempt, last));
  return policy.execute(action, options.signal);
}
