import type {z} from 'zod';
import type {Why} from '../../coordinator/coordinator.ts';
import type {AttemptRow, WorkloadRow} from '../../coordinator/store/store.ts';
import type {WorkloadFigures} from '../../coordinator/workload-figures.ts';
import {timeText} from '../schemas/wire.ts';
import type {attemptAnswer, figuresAnswer, whyAnswer, workloadAnswer, workloadSummary} from '../schemas/workload.ts';

/** Field by field, so that nothing new of a row gets out unseen: leases do not. */
export function summaryOf(row: WorkloadRow): z.output<typeof workloadSummary> {
  const {id, customer, seq, state, workload, attempt, worker, wanted, reason, exitCode, progress} = row;
  return {
    id,
    customer,
    seq,
    name: workload.name,
    version: workload.version,
    type: workload.type,
    state,
    priority: workload.priority,
    labels: {...workload.labels},
    acceptedAt: timeText(row.acceptedAt),
    startedAt: optionalTime(row.startedAt),
    endedAt: optionalTime(row.endedAt),
    changedAt: timeText(row.changedAt),
    attempt,
    worker,
    notBefore: optionalTime(row.notBefore),
    wanted,
    reason,
    exitCode,
    progress,
    schedule: row.schedule,
    batch: row.batch,
  };
}

export const workloadOf = (row: WorkloadRow): z.output<typeof workloadAnswer> => ({
  ...summaryOf(row),
  spec: {...row.workload},
  inputs: {...row.inputs},
  outputs: Object.keys(row.outputs).filter(path => path.startsWith('/')),
  hasResult: row.result !== undefined && row.result !== null,
  waitsFor: row.waitsFor.map(({id, on}) => ({id, on})),
  idempotencyKey: row.idempotencyKey,
});

export const figuresOf = ({row, cpu, memory, memoryLimit}: WorkloadFigures): z.output<typeof figuresAnswer> => ({
  ...summaryOf(row),
  cpu,
  memory,
  memoryLimit,
});

export const attemptOf = (row: AttemptRow): z.output<typeof attemptAnswer> => ({
  workload: row.workload,
  attempt: row.attempt,
  worker: row.worker,
  state: row.state,
  reason: row.reason,
  placedAt: timeText(row.placedAt),
  startedAt: optionalTime(row.startedAt),
  endedAt: optionalTime(row.endedAt),
  exitCode: row.exitCode,
  outcome: row.outcome,
  restoredFrom: row.restoredFrom,
});

/** `names`: whether the names of hosts are for the one who asks. */
export const whyOf = (why: Why, names: boolean): z.output<typeof whyAnswer> => ({
  id: why.id,
  state: why.state,
  text: why.text,
  waits: [...why.waits],
  rejected: why.rejected.map(({reason, workers, some}) => ({reason, workers, some: names ? [...some] : []})),
  position: why.position,
});

export const optionalTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : timeText(ms);
