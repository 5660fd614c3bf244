import {printable} from './printable.ts';
import {bytes, duration} from './quantities-view.ts';

/** The value of a field as the plan shows it: sizes and durations with units, texts quoted where that matters. */
export function fieldValue(path: string, value: unknown): string {
  if (value === undefined || value === null) return '(none)';
  if (isSecret(path)) return '(secret)';
  if (typeof value === 'number' && /(^|\.)(memory|bytes)$/.test(path)) return bytes(value);
  if (typeof value === 'number' && /Ms$/.test(path)) return duration(value);
  return printable(plain(value));
}

/** The name of a field as people write it: `health.intervalMs` → `health.interval`. */
export const fieldName = (path: string): string => printable(path.replace(/Ms$/, ''));

/** Fingerprints of secrets are salted hashes: what they are tells nobody anything, that they changed does. */
export const isSecret = (path: string): boolean => path === 'secrets' || path.startsWith('secrets.');

function plain(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"'[{,][^\s"',]*$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{${entries.map(([key, each]) => `${key}: ${plain(each)}`).join(', ')}}`;
  }
  return String(value);
}
