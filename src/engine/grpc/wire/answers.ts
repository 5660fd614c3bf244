import type {WorkerNow} from '../../coordinator/coordinator.ts';
import type {LogLine as Line} from '../../coordinator/log-line.ts';
import {cursorOf} from '../../coordinator/requests/line-cursor.ts';
import type {CheckpointRow, EventRow, ScheduleRow} from '../../coordinator/store/store.ts';
import type {Checkpoint, Event, LogLine, Schedule, Worker} from '../messages.d.ts';
import {stateText} from './read-fields.ts';
import {structOf, timestampOf} from './well-known.ts';

export const checkpointOf = (row: CheckpointRow): Checkpoint => ({
  workload: row.workload,
  number: row.number,
  attempt: row.attempt,
  takenAt: timestampOf(row.takenAt),
  size: row.size,
  sha256: row.sha256,
  progress: row.progress,
  why: row.why,
  stored: row.place.kind === 's3' ? 's3' : 'database',
  corrupt: row.corrupt ?? '',
  aside: row.aside ?? false,
});

export const eventOf = (row: EventRow): Event => ({
  seq: row.seq,
  at: timestampOf(row.at),
  type: row.type,
  customer: row.customer ?? '',
  workload: row.workload ?? '',
  attempt: row.attempt ?? 0,
  from: row.from ? stateText(row.from) : 'WORKLOAD_STATE_UNSPECIFIED',
  to: row.to ? stateText(row.to) : 'WORKLOAD_STATE_UNSPECIFIED',
  actor: {name: row.actor.name, request: row.actor.request ?? ''},
  data: structOf({...row.data}),
});

export const lineOf = (line: Line): LogLine => ({
  id: cursorOf(line),
  at: line.at,
  stream: line.stream,
  text: line.text,
  attempt: line.attempt,
});

export const scheduleOf = (row: ScheduleRow): Schedule => ({
  id: row.id,
  customer: row.customer,
  name: row.workload.name,
  cron: row.rule.cron,
  timeZone: row.rule.timeZone,
  missed: row.rule.missed,
  suspended: row.suspended,
  createdAt: timestampOf(row.createdAt),
  firedUntil: timestampOf(row.firedUntil),
  spec: structOf(row.workload),
  inputs: row.inputs,
  versions: (row.versions ?? []).map(({workload: {version = ''}, weight}) => ({version, weight})),
});

export const workerOf = (worker: WorkerNow): Worker => {
  const {cpu, memory, gpu, disk} = worker.capacity;
  return {
    name: worker.name,
    kind: worker.kind,
    region: worker.region ?? '',
    labels: worker.labels,
    capacity: {cpu, memory, gpu, disk},
    drained: worker.drained,
    seenAt: timestampOf(worker.seenAt),
    unusable: worker.unusable ?? '',
    condition: worker.condition,
    running: worker.running,
    stopping: worker.stopping ?? false,
  };
};
