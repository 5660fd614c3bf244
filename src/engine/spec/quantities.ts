import {z} from 'zod';

const DURATION_UNITS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;

const SIZE_UNITS = {
  '': 1,
  B: 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
} as const;

/** `1h30m`, `500ms`, `1.5s` → milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const ms = parts.reduce(
    (sum, [, n, unit]) => sum + Number(n) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS],
    0,
  );
  return Math.round(ms);
}

/** Milliseconds in the shortest exact form: 90000 → `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const parts: string[] = [];
  let rest = ms;
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / DURATION_UNITS[unit]);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * DURATION_UNITS[unit];
  }
  return parts.join('');
}

/** `256Mi`, `1.5G`, `1024` → bytes; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|k|K|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(text.replace(/(?<=[kKMGT]i?)B$/, ''));
  if (!match) return undefined;
  const bytes = Math.round(Number(match[1]) * SIZE_UNITS[match[2] as keyof typeof SIZE_UNITS]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes in the largest binary unit that is exact: 268435456 → `256Mi`. */
export function formatSize(bytes: number): string {
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki'] as const) {
    if (bytes >= SIZE_UNITS[unit] && bytes % SIZE_UNITS[unit] === 0) return `${bytes / SIZE_UNITS[unit]}${unit}`;
  }
  return String(bytes);
}

/** A length of time, in milliseconds. */
export const duration = (from: string, to = '30d') =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      context.addIssue(`is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s`);
      return z.NEVER;
    }
    if (ms < parseDuration(from)! || ms > parseDuration(to)!) {
      context.addIssue(`must be from ${from} to ${to}, is ${text}`);
      return z.NEVER;
    }
    return ms;
  });

/** An amount of memory, in bytes. */
export const memorySize = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(String(value));
  if (bytes === undefined) {
    context.addIssue('is not a size: write a number and a unit (Ki, Mi, Gi, k, M, G), for example 256Mi');
    return z.NEVER;
  }
  // runc itself needs about this much to start a container.
  if (bytes < SIZE_UNITS.Mi * 6) {
    context.addIssue(`must be at least 6Mi, is ${value}${typeof value === 'number' ? ' bytes' : ''}`);
    return z.NEVER;
  }
  return bytes;
});

/** An amount of space on disk, in bytes. */
export const diskSize = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(String(value));
  if (bytes !== undefined) return bytes;
  context.addIssue('is not a size: write a number and a unit (Ki, Mi, Gi, Ti, k, M, G, T), for example 10Gi');
  return z.NEVER;
});

/** A number of cores. */
export const cpuCount = z.union([z.number(), z.string()]).transform((value, context) => {
  const millis = typeof value === 'string' ? /^(\d+)m$/.exec(value)?.[1] : undefined;
  const cores = millis === undefined ? Number(value === '' ? Number.NaN : value) : Number(millis) / 1000;
  if (!Number.isFinite(cores)) {
    context.addIssue('is not a number of cores: write for example 0.5, 2 or 500m');
    return z.NEVER;
  }
  if (cores < 0.01 || cores > 1024) {
    context.addIssue(`must be from 0.01 to 1024 cores, is ${value}`);
    return z.NEVER;
  }
  return cores;
});

/** A port number. */
export const portNumber = z.int().min(1).max(65_535);
