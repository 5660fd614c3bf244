import {pickVariant} from '../comparing/pick-variant.ts';
import type {Leadership, ScheduleRow, Store, Submission} from '../store/store.ts';
import {workloadId} from '../workload-id.ts';
import {dueTimes, nextTime} from './due-times.ts';

export interface FiringParts {
  readonly store: Store;
  readonly coordinator: string;
  /** The database's clock. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Submits what schedules are due, each time once, whoever looks; remembers of each when it is worth looking again. */
export class Schedules {
  readonly #parts: FiringParts;
  readonly #next = new Map<string, {readonly rule: string; readonly at: number}>();

  constructor(parts: FiringParts) {
    this.#parts = parts;
  }

  /** Returns how many workloads were submitted. */
  async fireDue(leadership: Leadership): Promise<number> {
    const now = this.#parts.now();
    let fired = 0;
    for (const schedule of await this.#parts.store.schedules('everyone'))
      if (!schedule.suspended && now >= this.#nextOf(schedule)) fired += await this.#fire(leadership, schedule, now);
    return fired;
  }

  #nextOf(schedule: ScheduleRow): number {
    const rule = JSON.stringify([schedule.rule, schedule.firedUntil]);
    const known = this.#next.get(schedule.id);
    if (known?.rule === rule) return known.at;
    const at = nextTime(schedule.rule, schedule.firedUntil) ?? Number.POSITIVE_INFINITY;
    this.#next.set(schedule.id, {rule, at});
    return at;
  }

  async #fire(leadership: Leadership, schedule: ScheduleRow, now: number): Promise<number> {
    const {times, missed} = dueTimes(schedule.rule, schedule.firedUntil, now);
    const accepted = await this.#parts.store.fire(leadership, {
      schedule: schedule.id,
      from: schedule.firedUntil,
      until: now,
      submissions: times.map(time => this.#submissionOf(schedule, time)),
    });
    if (missed > 0) await this.#noteMissed(schedule, missed);
    return accepted.length;
  }

  /** Named after its time: firing the same time again, whoever does it, gives the workload of the first. */
  #submissionOf(schedule: ScheduleRow, time: number): Submission {
    const {coordinator, randomBytes} = this.#parts;
    const {workload, inputs} = versionAt(schedule, time);
    return {
      id: workloadId(time, randomBytes(10)),
      customer: schedule.customer,
      workload,
      inputs,
      schedule: schedule.id,
      idempotencyKey: `schedule:${schedule.id}:${new Date(time).toISOString()}`,
      actor: {name: `coordinator:${coordinator}`},
    };
  }

  async #noteMissed(schedule: ScheduleRow, missed: number): Promise<void> {
    const {store, coordinator} = this.#parts;
    await store.note({
      type: 'schedule.missed',
      customer: schedule.customer,
      actor: {name: `coordinator:${coordinator}`},
      data: {schedule: schedule.id, workload: schedule.workload.name, missed, rule: schedule.rule.missed},
    });
  }
}

/** Which version a time gets: always the same, whoever looks. */
function versionAt({workload, inputs, versions}: ScheduleRow, time: number): Pick<ScheduleRow, 'workload' | 'inputs'> {
  if (versions === undefined) return {workload, inputs};
  const weights = versions.map(({weight}) => weight);
  return versions[pickVariant(workload.name, new Date(time).toISOString(), weights)]!;
}
