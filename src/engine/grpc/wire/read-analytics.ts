import {wrong} from './read-fields.ts';
import type {Timestamp} from './well-known.ts';
import {timeOf} from './well-known.ts';

/** Fields of requests about what was, as the REST API takes them. Errors of all: Refusal 400 with the field. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LONGEST = 31 * 24 * HOUR;

interface Asked {
  readonly from: Timestamp | null;
  readonly until: Timestamp | null;
}

/** Milliseconds since 1970. */
export const periodAsked = ({from, until}: Asked) => ({
  ...(from && {from: timeOf(from, ['from'])}),
  ...(until && {until: timeOf(until, ['until'])}),
});

export function intervalMs(given: number): number {
  if (given === 0) return HOUR;
  if (given < MINUTE || given > LONGEST) throw wrong(['interval_ms'], 'must be between one minute and 31 days');
  return given;
}

export function limitUpTo(most: number, given: number): number {
  if (given < 1 || given > most) throw wrong(['limit'], `must be between 1 and ${most}`);
  return given;
}

export function costsBy(text: string): 'workload' | 'customer' {
  if (text === 'workload' || text === 'customer' || text === '') return text || 'workload';
  throw wrong(['by'], 'must be workload or customer');
}
