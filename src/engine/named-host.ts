import {UserError} from './spec/errors.ts';
import type {Host} from './spec/project.ts';
import {didYouMean} from './spec/suggest.ts';

/** The host of that name. Errors: UserError `unknown-host`. */
export function namedHost(hosts: readonly Host[], name: string): Host {
  const host = hosts.find(candidate => candidate.name === name);
  if (host) return host;
  const names = hosts.map(candidate => candidate.name);
  throw new UserError({
    code: 'unknown-host',
    message: `the project has no host ${JSON.stringify(name)}${didYouMean(name, names)}`,
    hint: `Hosts: ${names.join(', ') || 'none'}.`,
  });
}

/** The hosts of those names, each once; all when none is named. Errors: UserError `unknown-host`. */
export const namedHosts = (hosts: readonly Host[], names: readonly string[]): readonly Host[] =>
  names.length === 0 ? hosts : [...new Set(names)].map(name => namedHost(hosts, name));
