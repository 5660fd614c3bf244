import type {Change, ContainerOperation, Drift, Operation, Placed} from '../planner/plan.ts';
import {fieldName, fieldValue, isSecret} from './field-values.ts';
import type {OperationGroup} from './plan-groups.ts';
import {printable} from './printable.ts';
import {bytes} from './quantities-view.ts';

export const SIGN: Readonly<Record<Operation['action'], string>> = {
  create: '+',
  update: '~',
  replace: '-/+',
  delete: '-',
};

/** What a plan is for, before the name of its stack. */
export const PURPOSE = {
  apply: 'Plan',
  destroy: 'Plan to destroy',
  rollback: 'Plan to roll back',
  promote: 'Plan to promote the release of',
  abort: 'Plan to abort the release of',
} as const;

/** `backend 1 on h3: limits changed (resources.memory 512 MiB → 256 MiB)`: as it was applied, and as it is. */
export function driftText({service, replica, host, what, path, from, to}: Drift): string {
  const subject = service === undefined ? 'network' : `${service} ${replica}`;
  const values = path === undefined ? '' : ` (${fieldName(path)} ${fieldValue(path, to)} → ${fieldValue(path, from)})`;
  return printable(`${subject} on ${host}: ${what}${values}`);
}

/** What a group is about, and where: `backend 1, 3 on h1; 2 on h2`, `image shop/backend:1.4 on h1, h2`. */
export const subjectOf = ({operation, operations}: OperationGroup): string =>
  // A release is everywhere at once.
  operation.kind === 'switch' ? what(operation) : `${what(operation)} ${where(operations)}`;

/** Why, and how much is sent for it: `not on the host, 124 MiB`; may be empty. */
export function detailsOf({operation, operations}: OperationGroup): string {
  const size = operations.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
  return [printable(operation.reason), ...(size > 0 ? [bytes(size)] : [])].filter(Boolean).join(', ');
}

function what(operation: Operation): string {
  switch (operation.kind) {
    case 'container':
      return printable(operation.service ?? operation.id);
    case 'image':
      return `image ${printable(operation.label)}`;
    case 'volume':
      return `volume ${printable(operation.volume)}`;
    case 'backup':
      return `backup of volume ${printable(operation.volume)}`;
    case 'network':
      return 'network';
    case 'repair':
      return printable(operation.service ?? operation.id);
    case 'sweep':
      return 'leftovers';
    case 'switch':
      return `release of ${operation.services.map(printable).join(', ')}`;
    case 'hook':
      return `hook ${printable(operation.hook)}, ${HOOK_TIMES[operation.when]},`;
    case 'names':
      return 'names of services';
    case 'proxy':
      return 'proxy';
    case 'route':
      return 'routes';
    case 'host':
      return 'scripts of niyanta';
  }
}

const HOOK_TIMES = {before: 'before the change', after: 'after the change', onFailure: 'if the change fails'} as const;

/** `1, 3 on h1; 2 on h2` for replicas, `on h1, h2` for the rest. */
function where(operations: readonly Operation[]): string {
  const byHost = [...Map.groupBy(operations, operation => operation.host)];
  if (operations.some(operation => operation.replica === undefined)) {
    return `on ${byHost.map(([host]) => printable(host)).join(', ')}`;
  }
  return byHost
    .map(([host, there]) => `${there.map(({replica}) => replica).join(', ')} on ${printable(host)}`)
    .join('; ');
}

/** The old and the new value of a field, as far as they are there; of a secret, whether it was. */
export function sidesOf({path, from, to}: Change): {readonly from?: string; readonly to?: string} {
  return {
    ...(from !== undefined && {from: fieldValue(path, from)}),
    ...(to !== undefined && {to: from !== undefined && isSecret(path) ? '(secret, changed)' : fieldValue(path, to)}),
  };
}

/** Which of the changes cannot be made to a container that runs. */
export function forcedText(changes: readonly Change[]): string | undefined {
  const forcing = changes.filter(({forces}) => forces).map(({path}) => fieldName(path));
  if (forcing.length === 0) return undefined;
  const which = forcing.length === changes.length ? (changes.length === 1 ? 'this' : 'these') : forcing.join(', ');
  return `${which} ${forcing.length === 1 ? 'needs' : 'need'} a new container`;
}

/** From where a replica moves, and which of the two runs first. */
export function orderText(operation: Operation): string | undefined {
  if (operation.kind !== 'container' || operation.how !== 'replace' || operation.previous.length === 0)
    return undefined;
  const from = operation.previous.filter(({host}) => host !== operation.host).map(({host}) => printable(host));
  const moves = from.length > 0 ? `moves from ${[...new Set(from)].join(', ')}; ` : '';
  return `${moves}${ORDER[operation.order]}`;
}

const ORDER: Readonly<Record<ContainerOperation['order'], string>> = {
  'start-first': 'the new one starts first, the old one stops once it is healthy',
  'stop-first': 'the old one stops first',
};

/** Why these replicas are where they are, and why not elsewhere; only for those that are new there. */
export function placementTexts({operation, operations}: OperationGroup, placements: readonly Placed[]): string[] {
  if (operation.kind !== 'container' || (operation.how !== 'create' && operation.how !== 'replace')) return [];
  const replicas = new Set(operations.map(({service, replica}) => `${service} ${replica}`));
  const here = placements.filter(({service, replica}) => replicas.has(`${service} ${replica}`));
  const reasons = new Set(here.map(({because}) => because).filter(Boolean));
  const refused = Map.groupBy(
    here.flatMap(({rejected}) => rejected),
    ({reason}) => reason,
  );
  const refusals = [...refused].map(([reason, all]) => {
    const hosts = [...new Set(all.map(({host}) => host))];
    return `not on ${hosts.join(', ')}: ${reason}`;
  });
  return [...[...reasons].map(because => `placed: ${because}`), ...refusals].map(printable);
}
