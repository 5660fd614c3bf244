const UNITS = {us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000} as const;

/** `1m30s`, `500ms`, `10` (seconds) → milliseconds; undefined when it is none. */
export function composeDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  return Math.round(parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit as keyof typeof UNITS], 0));
}

/** `512m`, `2gb`, `1048576`, binary units all of them → bytes; undefined when it is none. */
export function composeBytes(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const exponent = {'': 0, b: 0, k: 1, m: 2, g: 3}[unit!.toLowerCase() as 'k'];
  return Math.round(Number(number) * 1024 ** exponent);
}
