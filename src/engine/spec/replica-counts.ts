import {UserError} from './errors.ts';
import type {ServiceName} from './stack.ts';

/** As many as a stack may say. */
const MOST = 1000;

/**
 * `web=5 worker=0` → how many replicas each service shall have, in the order given.
 * Errors: UserError `scale-invalid`.
 */
export function parseReplicaCounts(words: readonly string[]): ReadonlyMap<ServiceName, number> {
  if (words.length === 0) throw invalid('no service is given');
  const counts = new Map<ServiceName, number>();
  for (const word of words) {
    const [, service, text] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    if (service === undefined || text === undefined) throw invalid(`${JSON.stringify(word)} is not SERVICE=N`);
    if (!/^\d+$/.test(text) || Number(text) > MOST)
      throw invalid(`${service} cannot have ${JSON.stringify(text)} replicas: it takes a number from 0 to ${MOST}`);
    if (counts.has(service)) throw invalid(`${service} is given twice`);
    counts.set(service, Number(text));
  }
  return counts;
}

const invalid = (message: string): UserError =>
  new UserError({code: 'scale-invalid', message, hint: 'For example: niyanta scale web=5'});
