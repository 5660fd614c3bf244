import type {AfterRule} from '../../../spec/workload.ts';
import {hasEnded, type WorkloadState} from '../../workload-states.ts';

/** What a state of the one before means for the one after: open, met, or never to be met. */
export function resolveAfter(state: WorkloadState, on: AfterRule['on']): 'open' | 'met' | 'never' {
  if (!hasEnded(state)) return 'open';
  if (on === 'always') return 'met';
  return (on === 'success' ? state === 'SUCCEEDED' : state === 'FAILED') ? 'met' : 'never';
}

/** For people: `build ended CANCELLED, and it comes after its success`. */
export const neverStarts = (before: {readonly id: string; readonly name: string}, state: WorkloadState, on: string) =>
  `${before.name} (${before.id}), after whose ${on} it comes, is ${state}`;
