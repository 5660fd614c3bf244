import {Cron} from 'croner';

/** When the next backup is due after the last good one: past when one was missed; at once when there is none yet. */
export function nextDue(
  {schedule, timeZone}: {readonly schedule?: string; readonly timeZone: string},
  last: Date | undefined,
  now: Date,
): Date | undefined {
  if (schedule === undefined) return undefined;
  if (!last) return now;
  return new Cron(schedule, {paused: true, timezone: timeZone, mode: '5-part'}).nextRun(last) ?? undefined;
}
