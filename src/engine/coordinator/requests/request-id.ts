import {randomUUID} from 'node:crypto';

const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The caller's own X-Request-Id, when it is one that can stand in logs; a new one otherwise. */
export const requestIdOf = (given: unknown): string =>
  typeof given === 'string' && SANE.test(given) ? given : randomUUID();
