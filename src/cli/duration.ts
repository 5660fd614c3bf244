import {UserError} from '../engine/spec/errors.ts';

const UNITS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;

/** `500ms`, `60s`, `1h30m` → milliseconds. Errors: UserError `duration-invalid`. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)];
  if (text === '' || parts.map(part => part[0]).join('') !== text) {
    throw new UserError({
      code: 'duration-invalid',
      message: `${text === '' ? 'an empty text' : text} is not a duration`,
      hint: 'Write a number and a unit (ms, s, m, h, d), for example 60s or 1h30m.',
    });
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit as keyof typeof UNITS], 0);
}
