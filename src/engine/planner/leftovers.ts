import type {Leftover} from '../runtime/leftovers/leftover.ts';
import type {ReachableHost} from '../runtime/observed.ts';
import {isOfScope, scopeOf} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';

/**
 * What of a host's leftovers this environment may remove: its own at once, since its lease says that nobody is at work
 * on it; what no environment with containers on the host owns, once it is old. What another owns is left to that one.
 */
export function leftoversToSweep(
  input: Pick<PlanInput, 'project' | 'stack' | 'environment' | 'naming'>,
  {containers, leftovers = []}: ReachableHost,
): readonly Leftover[] {
  const scope = scopeOf(input);
  const own = input.naming.bridge(scope);
  const used = new Set(containers.flatMap(({manifest}) => manifest?.spec.network.bridge ?? []));
  const ownName = (id: string) => id.startsWith(`${scope.stack}-${scope.environment}-`);
  return leftovers.filter(leftover => {
    if (leftover.kind === 'bridge' || leftover.kind === 'ports')
      return leftover.bridge === own || !used.has(leftover.bridge);
    if (leftover.kind === 'namespace') return leftover.bridge === own;
    if (leftover.kind === 'snapshot') return ownName(leftover.id);
    if (leftover.kind === 'files') {
      if (leftover.bridge !== undefined) return leftover.bridge === own || (leftover.old && !used.has(leftover.bridge));
      return leftover.old || ownName(leftover.id);
    }
    const manifest = containers.find(({id}) => id === leftover.id)?.manifest;
    return manifest ? isOfScope(manifest, scope) : leftover.old || ownName(leftover.id);
  });
}

/** In words: `files of shop-default-web-1-1a2b3c`. */
export function leftoverText(leftover: Leftover): string {
  switch (leftover.kind) {
    case 'files':
      return `files and network of ${leftover.id}`;
    case 'temporary':
      return `${leftover.path}, which was being written`;
    case 'bridge':
      return `bridge ${leftover.bridge}`;
    case 'ports':
      return `forwarded ports of ${leftover.id}`;
    case 'namespace':
      return `network namespace of ${leftover.id}`;
    case 'snapshot':
      return `file system of ${leftover.id}`;
  }
}
