import {proxyActions} from './executor/proxy-host-actions.ts';
import type {Fleet} from './fleet.ts';
import type {Orphan} from './planner/gc/gc-plan.ts';
import type {Scope} from './planner/plan-input.ts';
import {removeAside} from './runtime/backup/volume-scripts.ts';
import {disconnectNetwork} from './runtime/connect-network.ts';
import type {HostScript} from './runtime/containers/host-script.ts';
import {removeContainer} from './runtime/containers/remove-container.ts';
import {stopContainer} from './runtime/containers/stop-container.ts';
import {dropCopy} from './runtime/environment-copies.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import {removeFence, removeImages} from './runtime/house/removals.ts';
import {sweep} from './runtime/leftovers/sweep-script.ts';
import * as paths from './runtime/paths.ts';
import {raiseFence} from './runtime/raise-fence.ts';
import {deleteEmptyVolume, deleteVolume} from './runtime/volumes.ts';
import {OutsideError} from './spec/errors.ts';
import type {HostName} from './spec/stack.ts';
import type {Lease} from './state/store.ts';

/** Orphans that are still there, or may be, with the reason. */
export interface FailedOrphans {
  readonly host: HostName;
  readonly orphans: readonly Orphan[];
  readonly error: OutsideError;
}

/** Under whose right it is done. */
export interface Removal {
  readonly lease: Lease;
  /** PROJECT.ENV. */
  readonly scope: string;
  /** The highest number that hosts know of it, where the state does not; 0 where it does. */
  readonly seen: number;
  /** The state does not know the scope: nothing of it is to stay. */
  readonly forget: boolean;
  readonly signal: AbortSignal;
  readonly onHostBusy: (host: HostName, doing: readonly string[]) => void;
  readonly onRemoved: (orphans: readonly Orphan[]) => void;
}

/** Orphans that go together. */
interface Step {
  readonly orphans: readonly Orphan[];
  readonly remove: (host: FencedHost) => Promise<unknown>;
}

/**
 * Removes the orphans of one environment from all hosts at once, on each in the order in which they hang together.
 * A host that fails does not hold up the others. Errors: OutsideError `fenced`, `fence-busy`, `lease-lost`.
 */
export async function removeOrphans(
  fleet: Fleet,
  orphans: readonly Orphan[],
  removal: Removal,
): Promise<{readonly removed: readonly Orphan[]; readonly failed: readonly FailedOrphans[]}> {
  const over = new AbortController();
  const refused = new AbortController();
  const stop = AbortSignal.any([removal.lease.lost, refused.signal, removal.signal, over.signal]);
  const removed: Orphan[] = [];
  const failed: FailedOrphans[] = [];
  try {
    await Promise.all(
      [...Map.groupBy(orphans, ({host}) => host)].map(async ([host, here]) => {
        let left = here;
        try {
          const fenced = await fencedHost(host);
          for (const step of stepsOf(here)) {
            await step.remove(fenced);
            left = left.filter(orphan => !step.orphans.includes(orphan));
            removed.push(...step.orphans);
            removal.onRemoved(step.orphans);
          }
          // This was done under a number of its own, of what nobody knows: it must not be what is left.
          if (removal.forget) await fenced.script(removeFence(removal.scope));
          if (left.length > 0) {
            removed.push(...left);
            removal.onRemoved(left);
          }
        } catch (error) {
          if (stop.aborted || !(error instanceof OutsideError) || error.exit !== 1) throw error;
          failed.push({host, orphans: left, error});
        }
      }),
    );
  } catch (error) {
    throw refused.signal.aborted ? refused.signal.reason : error;
  } finally {
    over.abort();
  }
  return {removed, failed};

  function fencedHost(host: HostName): Promise<FencedHost> {
    const {lease, scope, seen, signal, onHostBusy} = removal;
    const fence = {scope, number: Math.max(lease.holder.fence, seen + 1), holder: lease.holder.id};
    return raiseFence(fleet.connection(host), fence, {
      stop,
      signal: AbortSignal.any([signal, stop]),
      onBusy: doing => onHostBusy(host, doing),
      onFenced: error => refused.abort(error),
    });
  }
}

const SCRIPT_MS = 120_000;
/** A volume, or an image of many layers, takes as long as its files. */
const LONG_MS = 30 * 60_000;

/**
 * Containers first, then what was theirs; what tells of the environment goes last, so that a cut leaves a trace. Numbers
 * of leases are not among them: nothing can be done under one any more when it is gone.
 */
function stepsOf(orphans: readonly Orphan[]): readonly Step[] {
  const of = <K extends Orphan['kind']>(kind: K) =>
    orphans.filter((orphan): orphan is Extract<Orphan, {kind: K}> => orphan.kind === kind);
  const [leftovers, images] = [of('leftover'), of('image')];
  return [
    ...of('routes').map(orphan => ({orphans: [orphan], remove: withoutRoutes(orphan.scope)})),
    ...of('container').map(orphan =>
      step(
        [orphan],
        [...(orphan.stop ? [stopContainer(orphan.id, orphan.stop)] : []), removeContainer(orphan.id)],
        SCRIPT_MS + (orphan.stop?.graceMs ?? 0),
      ),
    ),
    ...(leftovers.length > 0 ? [step(leftovers, [sweep(leftovers.map(({leftover}) => leftover))])] : []),
    ...of('network').map(orphan => {
      const bridge = {kind: 'bridge' as const, bridge: orphan.bridge, subnets: [orphan.subnet]};
      return step([orphan], [disconnectNetwork(orphan.bridge), sweep([bridge])]);
    }),
    ...of('volume').map(orphan => {
      const path = paths.volumePath(orphan.folder);
      return step([orphan], [orphan.empty ? deleteEmptyVolume(path) : deleteVolume(path)], LONG_MS);
    }),
    ...of('aside').map(orphan => step([orphan], [removeAside(paths.volumePath(orphan.folder))], LONG_MS)),
    ...(images.length > 0 ? [step(images, [removeImages(images.map(({name}) => name))], LONG_MS)] : []),
    ...of('copy').map(orphan => step([orphan], [dropCopy(orphan.name)])),
  ];
}

const step = (orphans: readonly Orphan[], scripts: readonly HostScript[], timeoutMs = SCRIPT_MS): Step => ({
  orphans,
  async remove(host) {
    for (const script of scripts) await host.script(script, {timeoutMs});
  },
});

/** A proxy that nobody has routes on any more goes with them. */
const withoutRoutes = (scope: Scope) => async (host: FencedHost) => {
  const actions = proxyActions({connection: () => host.reading, changing: () => host, secrets: new Map()});
  await actions.writeRoutes(host.host, {...scope, routes: []});
  await actions.ensureProxy(host.host, undefined);
};
