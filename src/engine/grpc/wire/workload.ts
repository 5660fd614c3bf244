import type {Why as CoordinatorWhy} from '../../coordinator/coordinator.ts';
import type {AttemptRow, WorkloadRow} from '../../coordinator/store/store.ts';
import type {Attempt, Result, Why, Workload, WorkloadSummary} from '../messages.d.ts';
import {stateText} from './read-fields.ts';
import {fromJson, optionalTimestamp, structOf, timestampOf} from './well-known.ts';

/** Field by field, so that nothing new of a row gets out unseen: leases do not. */
export const summaryOf = (row: WorkloadRow): WorkloadSummary => ({
  id: row.id,
  customer: row.customer,
  seq: row.seq,
  name: row.workload.name,
  version: row.workload.version ?? '',
  type: row.workload.type,
  state: stateText(row.state),
  priority: row.workload.priority,
  labels: row.workload.labels,
  acceptedAt: timestampOf(row.acceptedAt),
  startedAt: optionalTimestamp(row.startedAt),
  endedAt: optionalTimestamp(row.endedAt),
  changedAt: timestampOf(row.changedAt),
  attempt: row.attempt,
  worker: row.worker ?? '',
  notBefore: optionalTimestamp(row.notBefore),
  wanted: row.wanted ?? '',
  reason: row.reason ?? '',
  exitCode: row.exitCode,
  progress: row.progress,
  schedule: row.schedule ?? '',
  batch: row.batch ?? '',
});

export const workloadOf = (row: WorkloadRow): Workload => ({
  summary: summaryOf(row),
  spec: structOf(row.workload),
  inputs: row.inputs,
  outputs: Object.keys(row.outputs).filter(path => path.startsWith('/')),
  hasResult: row.result !== undefined && row.result !== null,
  waitsFor: row.waitsFor.map(({id, on}) => ({id, on})),
  idempotencyKey: row.idempotencyKey ?? '',
});

export const resultOf = (row: WorkloadRow): Result => ({
  id: row.id,
  state: stateText(row.state),
  exitCode: row.exitCode,
  result: row.result === undefined || row.result === null ? null : fromJson(row.result),
});

export const attemptOf = (row: AttemptRow): Attempt => ({
  workload: row.workload,
  attempt: row.attempt,
  worker: row.worker,
  state: row.state,
  reason: row.reason,
  placedAt: timestampOf(row.placedAt),
  startedAt: optionalTimestamp(row.startedAt),
  endedAt: optionalTimestamp(row.endedAt),
  exitCode: row.exitCode,
  outcome: row.outcome ?? '',
  restoredFrom: row.restoredFrom,
});

/** `names`: whether the names of hosts are for the one who asks. */
export const whyOf = (why: CoordinatorWhy, names: boolean): Why => ({
  id: why.id,
  state: stateText(why.state),
  text: why.text,
  waits: why.waits,
  rejected: why.rejected.map(({reason, workers, some}) => ({reason, workers, some: names ? some : []})),
  position: why.position,
});
