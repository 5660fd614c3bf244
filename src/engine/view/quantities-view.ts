const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** 1536 → `1.5 KiB`. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${trimmed(value.toFixed(digits))} ${BINARY[unit]}`;
}

/** Milliseconds as people write them in a stack: `350ms`, `1.5s`, `2m5s`, `3h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trimmed((ms / 1000).toFixed(1))}s`;
  return units(ms)
    .slice(0, 2)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}

/** How long ago, in one unit: `12s`, `5m`, `3h`, `4d`; `-` for a time that is not one. */
export function age(since: string | undefined, now: Date): string {
  const ms = since === undefined ? Number.NaN : now.getTime() - Date.parse(since);
  if (Number.isNaN(ms)) return '-';
  const [count, unit] = units(Math.max(0, ms))[0] ?? [0, 's'];
  return `${count}${unit}`;
}

const LONG = {d: 'day', h: 'hour', m: 'minute', s: 'second'} as const;

/** `3 days ago`, `just now`. */
export function ago(since: string, now: Date): string {
  const ms = now.getTime() - Date.parse(since);
  if (Number.isNaN(ms)) return 'at an unknown time';
  const first = units(Math.max(0, ms))[0];
  if (!first) return 'just now';
  return `${counted(first[0], LONG[first[1]])} ago`;
}

/** `in 3 days`, `2 hours ago`. */
export function until(at: string, now: Date): string {
  const ms = Date.parse(at) - now.getTime();
  const first = units(ms)[0];
  return first && ms > 0 ? `in ${counted(first[0], LONG[first[1]])}` : ago(at, now);
}

/** `1 host`, `3 hosts`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;

/** Days, hours, minutes and seconds from the largest that is not zero on. */
function units(ms: number): [number, keyof typeof LONG][] {
  const seconds = Math.floor(ms / 1000);
  const all: [number, keyof typeof LONG][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = all.findIndex(([count]) => count > 0);
  return first === -1 ? [] : all.slice(first).filter(([count]) => count > 0);
}

const trimmed = (number: string): string => number.replace(/\.0$/, '');
