import type {Health} from '../spec/stack.ts';
import type {CheckResult} from './health-check.ts';

type Rules = Pick<Health, 'retries' | 'startPeriodMs'>;

/** What is known of a container's health from the checks so far. */
export interface HealthState {
  readonly verdict: 'starting' | 'healthy' | 'unhealthy';
  /** Failures in a row that count. */
  readonly failures: number;
}

export const unknownHealth: HealthState = {verdict: 'starting', failures: 0};

/**
 * One more check: a success makes healthy at once; failures count after the start period, or as soon as it was
 * healthy once, and so many in a row as `retries` says make unhealthy. `ageMs`: since the container started.
 */
export function afterCheck(state: HealthState, {healthy}: CheckResult, ageMs: number, rules: Rules): HealthState {
  if (healthy) return {verdict: 'healthy', failures: 0};
  if (state.verdict === 'starting' && ageMs < rules.startPeriodMs) return state;
  const failures = state.failures + 1;
  return {verdict: failures >= rules.retries ? 'unhealthy' : state.verdict, failures};
}
