import {invalidRequest} from '../access/index.ts';
import type {LogLine} from '../log-line.ts';

/** Lines are numbered within an attempt; a reader goes on in the right one. */
export const cursorOf = ({attempt, id}: LogLine): string => `${attempt}.${id}`;

/** The place after the line of a cursor. Errors: Refusal 400. */
export function placeOf(cursor: string): {readonly attempt: number; readonly after: string} {
  const [, attempt, after] = /^([1-9]\d{0,8})\.([\x21-\x7e]{1,190})$/.exec(cursor) ?? [];
  if (attempt !== undefined && after !== undefined) return {attempt: Number(attempt), after};
  throw invalidRequest([{code: 'invalid-cursor', detail: 'is not the id of a line', parameter: 'after'}]);
}
