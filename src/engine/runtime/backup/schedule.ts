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

/** Milliseconds. */
const soonest = 15 * 60_000;
const latest = 12 * 3_600_000;

/**
 * When a volume is backed up anew whose backup failed its trial at this time: after a quarter of the time that there is
 * no good one, so that a fault that stays costs a few backups a day, and one that passes does not cost a day.
 */
export function retryAt(failed: Date, good: Date | undefined): Date {
  const without = good ? failed.getTime() - good.getTime() : 0;
  return new Date(failed.getTime() + Math.min(latest, Math.max(soonest, without / 4)));
}
