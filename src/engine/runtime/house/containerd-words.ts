/** How `ctr` writes sizes: `1.9 MiB`, `2.048kB`, `550B`. Bytes; 0 when it is none. */
export function bytesOf(text: string): number {
  const [, number, unit = ''] = /^([\d.]+) ?([kKMGTP]?i?)B?$/.exec(text.trim()) ?? [];
  if (number === undefined) return 0;
  const base = unit.endsWith('i') ? 1024 : 1000;
  const power = unit === '' ? 0 : ' KMGTP'.indexOf(unit[0]!.toUpperCase());
  return Math.round(Number(number) * base ** power);
}

const HOUR = 3_600_000;
const UNITS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: HOUR,
  day: 24 * HOUR,
  week: 7 * 24 * HOUR,
  month: 30 * 24 * HOUR,
  year: 365 * 24 * HOUR,
};

/**
 * How `ctr` writes ages: `4 seconds`, `About a minute`, `3 weeks`. Milliseconds, at least: it rounds down. Undefined when
 * it is none.
 */
export function ageOf(text: string): number | undefined {
  if (/^Less than a second/i.test(text)) return 0;
  const [, count, unit = ''] =
    /^(?:About )?(\d+|an?) (second|minute|hour|day|week|month|year)s?$/i.exec(text.trim()) ?? [];
  if (count === undefined) return undefined;
  return (/^an?$/i.test(count) ? 1 : Number(count)) * UNITS[unit.toLowerCase()]!;
}
