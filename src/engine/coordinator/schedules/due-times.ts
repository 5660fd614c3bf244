import {Cron} from 'croner';
import type {ScheduleRule} from '../../spec/workload.ts';

export interface Due {
  /** When it should have started, oldest first; milliseconds since 1970. */
  readonly times: readonly number[];
  /** How many times passed and are not made up for, counted to a thousand. */
  readonly missed: number;
}

/** Older than this when it is looked at, a time was missed. */
const onTimeMs = 30_000;
/** Of `missed: all`, the newest so many are made up for. */
export const mostMadeUp = 100;
const mostCounted = 1000;

/**
 * The times of a schedule in (from, until]. A time that the clocks' change leaves out comes when they have changed, one
 * that they repeat comes once, for schedules at a fixed time; those of every so many minutes go by the clock that is shown.
 */
export function dueTimes(rule: ScheduleRule, from: number, until: number): Due {
  const passed = timesBetween(rule, from, until);
  const onTime = passed.filter(time => time > until - onTimeMs);
  const times = rule.missed === 'all' ? passed.slice(-mostMadeUp) : rule.missed === 'once' ? passed.slice(-1) : onTime;
  return {times, missed: passed.length - times.length};
}

/** When it is due next after a time; undefined when never. */
export const nextTime = (rule: Pick<ScheduleRule, 'cron' | 'timeZone'>, after: number): number | undefined =>
  cronOf(rule).nextRun(new Date(after))?.getTime();

/** The newest `mostCounted` of them, oldest first. A few are found forwards, which costs nothing when there are none. */
function timesBetween(rule: ScheduleRule, from: number, until: number): readonly number[] {
  const cron = cronOf(rule);
  const times: number[] = [];
  for (let next = cron.nextRun(new Date(from)); next && next.getTime() <= until; next = cron.nextRun(next)) {
    times.push(next.getTime());
    if (times.length > mostMadeUp) return newestOf(cron, from, until);
  }
  return times;
}

// Those up to a reference, without a time at the reference itself.
const newestOf = (cron: Cron, from: number, until: number): readonly number[] =>
  cron
    .previousRuns(mostCounted, new Date(until + 1000))
    .map(time => time.getTime())
    .filter(time => time > from && time <= until)
    .reverse();

const cronOf = ({cron, timeZone}: Pick<ScheduleRule, 'cron' | 'timeZone'>): Cron =>
  new Cron(cron, {timezone: timeZone, mode: '5-part', paused: true});
