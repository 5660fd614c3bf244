import type {z} from 'zod';
import {NiyantaError, OutsideError} from '../../spec/errors.ts';
import type {AttemptOutcome, WorkloadRow} from '../store/store.ts';
import type {AttemptEnd} from '../types/workload-type.ts';
import {type Intent, outcomeOf, reasonOf} from './intent.ts';
import {wordsOf} from './outside-failure.ts';

/** How an attempt ended, by itself or on purpose. */
export interface End extends Partial<Pick<AttemptEnd, 'exitCode' | 'result' | 'outputs' | 'checkpoint'>> {
  readonly outcome: AttemptOutcome;
  readonly reason: string;
  /** No other attempt can do better. */
  readonly hopeless?: boolean;
}

export const endedByItself = (end: AttemptEnd): End => ({
  ...end,
  outcome: end.outcome === 'failed' && end.transient ? 'outside' : end.outcome,
});

export const endedOnPurpose = (intent: Intent, row: WorkloadRow, seen: AttemptEnd | undefined): End => ({
  outcome: outcomeOf(intent),
  reason: reasonOf(intent, row),
  ...(seen && {outputs: seen.outputs, checkpoint: seen.checkpoint}),
});

/** What stopped it from running is not its own failure; what no other try can mend is for people. */
export function outsideEnd(error: unknown): End {
  const reason = wordsOf(error);
  if (error instanceof OutsideError)
    return {outcome: 'outside', reason, hopeless: !error.transient && error.code !== 'fenced'};
  return {outcome: 'failed', reason, hopeless: error instanceof NiyantaError};
}

export function badConfig(type: string, error: z.ZodError): End {
  const issues = error.issues.map(({path, message}) => [path.join('.'), message].filter(Boolean).join(': '));
  return {outcome: 'failed', reason: `the type ${type} does not take this: ${issues.join('; ')}`, hopeless: true};
}
