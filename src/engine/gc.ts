import {type Fleet, withFleet} from './fleet.ts';
import {agreedTo, type GcPlan, type Orphan} from './planner/gc/gc-plan.ts';
import type {GcOptions} from './planner/gc/plan-gc.ts';
import {type FailedOrphans, removeOrphans} from './remove-orphans.ts';
import type {Session} from './session.ts';
import type {HostName} from './spec/stack.ts';
import type {Lease, LeaseHolder} from './state/store.ts';
import {findOrphans, storedOn} from './survey-hosts.ts';
import {withLeases} from './with-leases.ts';

export interface GcRequest extends GcOptions {
  readonly maxUnreachable: number;
  readonly lockWaitMs: number;
  /** Shown the plan; rejects when it is not agreed to. Not asked when there is nothing to remove. */
  readonly confirm: (plan: GcPlan) => Promise<void>;
  readonly onWait: (holder: LeaseHolder, place: number) => void;
  readonly onHostBusy: (host: HostName, doing: readonly string[]) => void;
  readonly onRemoved: (orphans: readonly Orphan[]) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface GcEnd {
  readonly plan: GcPlan;
  readonly removed: readonly Orphan[];
  readonly failed: readonly FailedOrphans[];
  /** Bytes: what images and volumes took before, less what they take now. */
  readonly freed: number;
}

/**
 * The lease that what belongs to no environment is removed under, and that lets one housekeeping at a time go on. No
 * environment can be called so.
 */
export const HOUSE = '_gc';

/** What would be removed. Changes nothing, holds no lease. Errors: those of `findOrphans`. */
export const planHousekeeping = (
  session: Session,
  {now, ...options}: GcOptions & Pick<GcRequest, 'now' | 'signal' | 'maxUnreachable'>,
): Promise<GcPlan> =>
  withFleet(session.hosts, {...options, ssh: session.ssh}, async fleet => {
    const {plan} = await findOrphans(session, fleet, fleet.observed, {...options, now: now()});
    return plan;
  });

/**
 * Removes from the hosts what no state knows, after it was agreed to. What belongs to an environment goes under its
 * lease, so that no apply is at work on it, and after another look: what has come to be known meanwhile stays. May be
 * interrupted at any moment and run again. Errors: those of `findOrphans`; `lock-held`, `lease-lost`, `fenced`, exit 4.
 */
export function collectGarbage(session: Session, request: GcRequest): Promise<GcEnd> {
  return withFleet(session.hosts, {...request, ssh: session.ssh}, async fleet => {
    const {plan} = await findOrphans(session, fleet, fleet.observed, {...request, now: request.now()});
    if (plan.remove.length === 0) return {plan, removed: [], failed: [], freed: 0};
    await request.confirm(plan);
    return withLeases(session, 'gc', [HOUSE], {...request, signal: request.signal}, house =>
      removeAgreed(session, fleet, {plan, house: house.get(HOUSE)!}, request),
    );
  });
}

interface Agreed {
  readonly plan: GcPlan;
  readonly house: Lease;
}

async function removeAgreed(session: Session, fleet: Fleet, {plan, house}: Agreed, request: GcRequest): Promise<GcEnd> {
  const look = async () => findOrphans(session, fleet, await fleet.observe(), {...request, now: request.now()});
  const before = await look();
  const stored = await storedOn(fleet, before.hosts, request.signal);
  const removed: Orphan[] = [];
  const failed: FailedOrphans[] = [];
  // What belongs to no environment comes last (undefined is sorted so): by then containers that had images are gone.
  for (const environment of [...new Set(plan.remove.map(orphan => orphan.environment))].sort()) {
    const wanted = plan.remove.filter(orphan => orphan.environment === environment);
    // An image may be of whoever is about to apply: then nobody may be.
    const names = environment === undefined ? Object.keys(before.lock.environments).sort() : [environment];
    await withLeases(session, 'gc', names, request, async leases => {
      const {lock, hosts, plan: found} = await look();
      const scope = `${session.project.name}.${environment ?? HOUSE}`;
      const numbers = hosts.flatMap(({house: {fences}}) => fences.filter(one => one.scope === scope));
      const known = environment !== undefined && Object.hasOwn(lock.environments, environment);
      const end = await removeOrphans(fleet, agreedTo(wanted, found.remove), {
        ...request,
        lease: environment === undefined ? house : leases.get(environment)!,
        scope,
        // What the state knows has its number there, too; a higher one on a host then says that the state is an old one.
        forget: !known,
        seen: known ? 0 : Math.max(0, ...numbers.map(({number}) => number)),
        signal: AbortSignal.any([request.signal, house.lost, ...[...leases.values()].map(({lost}) => lost)]),
      });
      removed.push(...end.removed);
      failed.push(...end.failed);
    });
  }
  const data = removed.filter(({kind}) => kind === 'volume' || kind === 'aside');
  const volumes = data.reduce((sum, {bytes = 0}) => sum + bytes, 0);
  const left = await storedOn(fleet, before.hosts, request.signal);
  return {plan, removed, failed, freed: Math.max(0, stored - left) + volumes};
}
