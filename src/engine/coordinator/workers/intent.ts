import type {AttemptOutcome, CheckpointRow, WorkloadRow} from '../store/store.ts';

/** Why a coordinator ends an attempt, the weakest first. */
const intents = ['drain', 'preempt', 'pause', 'timeout', 'cancel'] as const;

export type Intent = (typeof intents)[number];

export const stronger = (one: Intent, than: Intent): boolean => intents.indexOf(one) > intents.indexOf(than);

/** What its checkpoint is for, when it may write one before it is ended. */
export const savesWork = (intent: Intent): CheckpointRow['why'] | undefined =>
  (({drain: 'drain', preempt: 'preemption', pause: 'pause', timeout: undefined, cancel: undefined}) as const)[intent];

export const outcomeOf = (intent: Intent): AttemptOutcome =>
  (({drain: 'drained', preempt: 'preempted', pause: 'paused', timeout: 'timeout', cancel: 'cancelled'}) as const)[
    intent
  ];

export function reasonOf(intent: Intent, {worker, workload}: Pick<WorkloadRow, 'worker' | 'workload'>): string {
  switch (intent) {
    case 'drain':
      return `${worker} is drained`;
    case 'preempt':
      return 'stopped for one that matters more';
    case 'pause':
      return 'paused';
    case 'timeout':
      return `ran longer than its timeout of ${(workload.timeoutMs ?? 0) / 1000} s`;
    case 'cancel':
      return 'cancelled';
  }
}
