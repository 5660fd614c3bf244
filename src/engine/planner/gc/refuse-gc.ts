import {UserError} from '../../spec/errors.ts';
import type {LockFile} from '../../state/lock-file.ts';
import {type HousedHost, scopesOn} from './scopes.ts';

const REBUILD =
  'Make it anew from the hosts with `niyanta state rebuild`, or take the right one (`git pull`, `niyanta state restore`); then look again with `niyanta gc --dry-run`.';

/**
 * A state that was lost, or is an old copy, knows too little: everything would seem to be nobody's. Errors: UserError
 * `gc-state-empty`, `gc-state-strange`, `gc-state-behind`.
 */
export function refuseLostState(project: string, lock: LockFile, hosts: readonly HousedHost[]): void {
  const copies = hosts.flatMap(host => host.copies).filter(copy => copy.project === project);
  const found = new Set(
    hosts
      .flatMap(scopesOn)
      .filter(scope => scope.project === project)
      .map(({environment}) => environment),
  );
  const newest = Math.max(
    0,
    ...copies.map(({serial}) => serial),
    ...hosts
      .flatMap(({observed}) => observed.containers)
      .flatMap(({manifest}) => (manifest?.spec.project === project && !known(manifest.spec) ? [manifest.serial] : [])),
  );
  const fenced = hosts.some(({house}) => house.fences.some(({scope}) => scope.startsWith(`${project}.`)));
  if (lock.serial === 0 && (found.size > 0 || fenced)) {
    throw refusal('gc-state-empty', 'the state is empty: everything on the hosts would seem to be of nobody');
  }
  if (newest > lock.serial) {
    throw refusal(
      'gc-state-behind',
      `the state is at serial ${lock.serial}, and the hosts have things of serial ${newest}: it is an old copy, or was lost`,
    );
  }
  const sameState = copies.some(({salt}) => salt === lock.salt);
  const shared = [...found].some(ours) || leased();
  if (found.size > 0 && !shared && !sameState) {
    const names = [...found].sort().join(', ');
    throw refusal('gc-state-strange', `the state knows none of the environments that the hosts have: ${names}`);
  }

  function ours(environment: string): boolean {
    return known({environment}) || (lock.forgotten?.includes(environment) ?? false);
  }

  /** A host keeps the number of a lease that this state gave out. */
  function leased(): boolean {
    const numbers = hosts.flatMap(({house}) => house.fences);
    return Object.entries(lock.environments).some(([name, {fence}]) =>
      numbers.some(({scope, number}) => scope === `${project}.${name}` && number <= fence),
    );
  }

  function known({environment}: {readonly environment: string}): boolean {
    return Object.hasOwn(lock.environments, environment);
  }
}

const refusal = (code: string, message: string): UserError => new UserError({code, message, hint: REBUILD, exit: 1});
