import type {Service} from '../../spec/stack.ts';
import {exists, isRunning, type Own} from '../ownership.ts';
import type {ContainerOperation} from '../plan.ts';
import type {Sorted} from '../reconcile.ts';
import {updateOrder} from './update-order.ts';

export type ContainerDraft = Omit<ContainerOperation, 'after'>;

/** What becomes of one replica: the operation that makes it as desired, and the removals of what is left beside it. */
export interface ReplicaSteps {
  readonly sorted: Sorted;
  readonly main?: ContainerDraft;
  /** Why the old one stops before the new one starts. */
  readonly stopsBecause?: string;
  readonly removals: readonly ContainerDraft[];
}

export function replicaSteps(sorted: Sorted, services: ReadonlyMap<string, Service>): ReplicaSteps {
  const {bucket, replica, spec, reason, changes} = sorted;
  const {current, extras} = replica;
  const all = current ? [current, ...extras] : extras;
  if (bucket === 'stop') return {sorted, removals: all.map(own => removal(own, reason))};
  if (bucket === 'lost' || (bucket === 'held' && replica.reach !== 'all')) return {sorted, removals: []};
  if (bucket === 'held' || bucket === 'keep' || bucket === 'update') {
    const removals = extras.map(own => removal(own, 'left over from an interrupted update'));
    if (bucket !== 'update') return {sorted, removals};
    return {
      sorted,
      main: {...base(sorted), how: 'manifest', action: 'update', order: 'start-first', previous: []},
      removals,
    };
  }
  const policy = services.get(replica.service)!.update;
  const leftovers = (of: readonly Own[]) =>
    of.map(own => removal(own, exists(own) ? 'left over from an interrupted update' : 'only its manifest is left'));
  if (bucket === 'start') {
    return {
      sorted,
      main: {...base(sorted), how: 'create', action: 'create', order: 'stop-first', previous: []},
      removals: leftovers(all),
    };
  }
  if (bucket === 'restart') {
    return {
      sorted,
      main: {...base(sorted), how: 'start', action: 'update', order: 'stop-first', previous: []},
      removals: leftovers(extras),
    };
  }
  // What did not run anyway is only removed; what runs is stopped by the operation itself, at the right moment.
  const running = extras.filter(isRunning);
  const removals = leftovers(extras.filter(own => !isRunning(own)));
  const orders = [current!, ...running].filter(isRunning).map(own => updateOrder(own.manifest?.spec, spec!, policy));
  const stopFirst = orders.find(({order}) => order === 'stop-first');
  return {
    sorted,
    main: {
      ...base(sorted),
      how: 'replace',
      action: 'replace',
      order: orders.length === 0 || stopFirst ? 'stop-first' : 'start-first',
      changes,
      previous: [current!, ...running].map(place),
    },
    stopsBecause: stopFirst?.because,
    removals,
  };
}

/** The removal of one container; its id has the container's, since a replica may have several to remove. */
export function removal(own: Own, reason: string): ContainerDraft {
  return {
    id: `container:${own.host}:${own.service}-${own.replica}:remove:${own.id}`,
    kind: 'container',
    action: 'delete',
    how: 'delete',
    service: own.service,
    replica: own.replica,
    host: own.host,
    reason,
    changes: [],
    previous: [place(own)],
    order: 'stop-first',
  };
}

const base = ({replica, host, spec, reason, changes}: Sorted) => ({
  id: `container:${host}:${replica.service}-${replica.replica}`,
  kind: 'container' as const,
  service: replica.service,
  replica: replica.replica,
  host: host!,
  spec,
  reason,
  changes,
});

const place = ({host, id}: Own) => ({host, id});
