import {Cron} from 'croner';

/** Long enough ago for any time of the calendar to come after it; no clock is asked. */
const SOME_DAY = new Date(0);

/** What is wrong with a schedule of five fields, in words that follow its key; undefined when it is one that comes. */
export function wrongCron(pattern: string): string | undefined {
  const fields = pattern.trim().split(/\s+/);
  if (fields.length !== 5) {
    const meant = pattern.startsWith('@') ? ' (names such as @daily are not known)' : '';
    const count = pattern.trim() === '' ? 0 : fields.length;
    return `must have five fields, minute hour day month weekday, for example "0 3 * * *"; has ${count}${meant}`;
  }
  // It stands for the time at which the pattern is read: something else on every coordinator.
  if (pattern.includes('?')) return 'must not contain ?: write * for any';
  try {
    const next = new Cron(pattern, {paused: true, mode: '5-part', timezone: 'UTC'}).nextRun(SOME_DAY);
    return next === null || next === undefined ? 'names a time that never comes' : undefined;
  } catch (error) {
    return `is not a schedule: ${(error as Error).message.replace(/^CronPattern: /, '').replace(/^./, first => first.toLowerCase())}`;
  }
}

/** What is wrong with a time zone; undefined when this machine's tables know it. */
export function wrongTimeZone(name: string): string | undefined {
  if (/^[+-]/.test(name)) return 'must be a name such as Europe/Vilnius or UTC: an offset knows no summer time';
  try {
    new Intl.DateTimeFormat('en', {timeZone: name});
    return undefined;
  } catch {
    return `${JSON.stringify(name)} is not a time zone: write a name such as Europe/Vilnius or UTC`;
  }
}
