import {invalidRequest} from '../../coordinator/access/index.ts';
import {type WorkloadState as State, workloadStates} from '../../coordinator/workload-states.ts';
import type {WorkloadState} from '../messages.d.ts';

type Path = readonly (string | number)[];

/** Fields of requests as the REST API takes them; an empty text is none. Errors of all: Refusal 400 with the field. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CUSTOMER = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
const STATE = 'WORKLOAD_STATE_';

export function workloadId(text: string, field: Path = ['id']): string {
  if (!UUID.test(text)) throw wrong(field, 'is not the id of a workload: a UUID');
  return text;
}

/** A name that stands in a filter: one line, not endless. */
export function word(text: string, field: string): string | undefined {
  if (text === '') return undefined;
  if (text.length > 200) throw wrong([field], 'must have at most 200 characters');
  if (/[\u0000-\u001f\u007f]/.test(text)) throw wrong([field], 'must be one line without control characters');
  return text;
}

export function neededWord(text: string, field: string): string {
  const read = word(text, field);
  if (read === undefined) throw missing(field);
  return read;
}

export const customer = (text: string): string | undefined => (text === '' ? undefined : customerId(text, 'customer'));

/** Where a request is about the customer itself. */
export function neededCustomer(text: string): string {
  if (text === '') throw missing('id');
  return customerId(text, 'id');
}

function customerId(text: string, field: string): string {
  if (text.length <= 63 && CUSTOMER.test(text)) return text;
  throw wrong([field], 'is not the id of a customer: lower-case letters, digits, dashes');
}

export function idempotencyKey(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) {
    throw wrong(['idempotency_key'], 'must be 1 to 200 visible ASCII characters');
  }
  return text;
}

export function batchName(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)) {
    throw wrong(['batch'], 'is not a name: letters, digits, dots, dashes, underscores');
  }
  return text;
}

export interface PageAsked {
  readonly limit: number;
  readonly after?: string;
}

export function page({pageSize, pageToken}: {readonly pageSize: number; readonly pageToken: string}): PageAsked {
  if (pageSize < 0 || pageSize > 500) throw wrong(['page_size'], 'must be between 1 and 500, or 0 for 50');
  if (pageToken.length > 1000) throw wrong(['page_token'], 'must have at most 1000 characters');
  return {limit: pageSize || 50, ...(pageToken !== '' && {after: pageToken})};
}

/** The token of a page of events is the number of the last event of the page before. */
export function eventNumber(token: string): number {
  if (!/^\d{1,15}$/.test(token)) throw wrong(['page_token'], 'is not a `next_page_token` of this list');
  return Number(token);
}

/** Undefined: none was given. */
export function eventTypes(given: readonly string[]): readonly string[] | undefined {
  if (given.length > 50) throw wrong(['types'], 'must have at most 50 entries');
  return given.length > 0 ? given.map(type => neededWord(type, 'types')) : undefined;
}

/** Undefined: none was given. */
export function states(given: readonly WorkloadState[]): readonly State[] | undefined {
  if (given.length > 50) throw wrong(['states'], 'must have at most 50 entries');
  const read = given.map((each, index) => {
    // A number that the .proto file does not have comes as a number.
    const state = workloadStates.find(known => `${STATE}${known}` === each);
    if (state === undefined) throw wrong(['states', index], 'is no state');
    return state;
  });
  return read.length > 0 ? read : undefined;
}

export function labels(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(given);
  if (entries.length > 20) throw wrong(['labels'], 'must have at most 20 entries');
  for (const [name, value] of entries) {
    if (name === '' || name.length + value.length > 400) throw wrong(['labels', name], 'is not a label');
  }
  return entries.length > 0 ? given : undefined;
}

/** A number that counts something from 1; undefined when it was not given (0). */
export function count(number: number, field: string): number | undefined {
  if (number < 0) throw wrong([field], 'must be at least 1');
  return number === 0 ? undefined : number;
}

export const stateText = (state: State): WorkloadState => `${STATE}${state}`;

export const missing = (...path: Path) => invalidRequest([{code: 'missing', detail: 'is required and missing', path}]);

export const wrong = (path: Path, detail: string) => invalidRequest([{code: 'invalid-value', detail, path}]);
