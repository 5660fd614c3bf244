/** Where a workload is. The last four are its ends. */
export const workloadStates = [
  'PENDING',
  'SCHEDULED',
  'STARTING',
  'RUNNING',
  'CHECKPOINTING',
  'PAUSED',
  'RETRYING',
  'LOST',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;

export type WorkloadState = (typeof workloadStates)[number];

/**
 * Which state may follow which; everything else is refused by the store. Each transition is an event.
 * - PENDING: waits for its turn, a place, what it comes after, or its time. SCHEDULED: has a worker, which is told.
 * - STARTING: the worker has it. RUNNING. CHECKPOINTING: runs, and was told to write a checkpoint.
 * - PAUSED: nothing runs; goes on by `resume`. RETRYING: waits for the time of its next attempt.
 * - LOST: its worker is silent; nobody knows whether it runs.
 */
const next: Readonly<Record<WorkloadState, readonly WorkloadState[]>> = {
  PENDING: ['SCHEDULED', 'PAUSED', 'CANCELLED', 'FAILED'],
  SCHEDULED: ['STARTING', 'RUNNING', 'PENDING', 'PAUSED', 'RETRYING', 'LOST', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  STARTING: ['RUNNING', 'PENDING', 'PAUSED', 'RETRYING', 'LOST', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  RUNNING: ['CHECKPOINTING', 'PENDING', 'PAUSED', 'RETRYING', 'LOST', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  CHECKPOINTING: ['RUNNING', 'PENDING', 'PAUSED', 'RETRYING', 'LOST', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  PAUSED: ['PENDING', 'CANCELLED'],
  RETRYING: ['SCHEDULED', 'PENDING', 'PAUSED', 'CANCELLED'],
  LOST: ['RUNNING', 'PENDING', 'RETRYING', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: ['PENDING'],
  CANCELLED: ['PENDING'],
};

export const mayFollow = (from: WorkloadState, to: WorkloadState): boolean => next[from].includes(to);

/** Nothing more happens by itself. FAILED and CANCELLED may be tried again by hand (`workload retry`). */
export const hasEnded = (state: WorkloadState): boolean =>
  state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';

/** It holds a place on a worker. */
export const holdsPlace = (state: WorkloadState): boolean =>
  state === 'SCHEDULED' || state === 'STARTING' || state === 'RUNNING' || state === 'CHECKPOINTING' || state === 'LOST';
