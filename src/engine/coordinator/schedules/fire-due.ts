import type {Leadership, ScheduleRow, Store, Submission} from '../store/store.ts';
import {workloadId} from '../workload-id.ts';
import {dueTimes} from './due-times.ts';

export interface FiringParts {
  readonly store: Store;
  readonly coordinator: string;
  /** The database's clock. */
  readonly now: number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Submits what schedules are due. Returns how many workloads that were. */
export async function fireDue(leadership: Leadership, parts: FiringParts): Promise<number> {
  let fired = 0;
  for (const schedule of await parts.store.schedules('everyone')) {
    if (schedule.suspended) continue;
    const {times, missed} = dueTimes(schedule.rule, schedule.firedUntil, parts.now);
    if (times.length === 0 && missed === 0) continue;
    const accepted = await parts.store.fire(leadership, {
      schedule: schedule.id,
      from: schedule.firedUntil,
      until: parts.now,
      submissions: times.map(time => submissionOf(schedule, time, parts)),
    });
    fired += accepted.length;
    if (missed > 0) await noteMissed(schedule, missed, parts);
  }
  return fired;
}

/** Named after its time: firing the same time again, whoever does it, gives the workload of the first. */
const submissionOf = (schedule: ScheduleRow, time: number, {coordinator, randomBytes}: FiringParts): Submission => ({
  id: workloadId(time, randomBytes(10)),
  customer: schedule.customer,
  workload: schedule.workload,
  inputs: schedule.inputs,
  schedule: schedule.id,
  idempotencyKey: `schedule:${schedule.id}:${new Date(time).toISOString()}`,
  actor: {name: `coordinator:${coordinator}`},
});

const noteMissed = (schedule: ScheduleRow, missed: number, {store, coordinator}: FiringParts): Promise<void> =>
  store.note({
    type: 'schedule.missed',
    customer: schedule.customer,
    actor: {name: `coordinator:${coordinator}`},
    data: {schedule: schedule.id, workload: schedule.workload.name, missed, rule: schedule.rule.missed},
  });
