import type {Operation} from '../planner/plan.ts';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import {specHash} from '../runtime/hashes.ts';
import type {HostNetwork} from '../runtime/host-network.ts';
import type {ProxyRoutes} from '../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import type {HostName} from '../spec/stack.ts';
import type {ReleaseMember} from '../state/lock-file.ts';
import type {Actions} from './actions.ts';
import {peer} from './peer.ts';
import type {Traffic} from './traffic.ts';

/** One step of taking an operation back, as data: what a live rollback does and `apply --undo` does from the journal. */
export type InverseStep =
  /** The operation creates it. `specHash` is of what it creates: another one there means that someone changed it. */
  | {readonly do: 'remove-container'; readonly host: HostName; readonly id: string; readonly specHash: string}
  /** The operation starts one that was there, stopped. */
  | {readonly do: 'stop-container'; readonly host: HostName; readonly id: string}
  /** The operation stops it; brought back, it is healthy and listed again under its name. */
  | {readonly do: 'start-container'; readonly host: HostName; readonly id: string; readonly spec: ContainerSpec}
  /** The operation gives it another manifest, whose hash is `specHash`. */
  | {readonly do: 'write-manifest'; readonly host: HostName; readonly spec: ContainerSpec; readonly specHash: string}
  /**
   * The operation sends everybody from one side of a release to the other; `to` is the one that is sent to again, and
   * `weight` what the other got beside it.
   */
  | {
      readonly do: 'switch-back';
      readonly host: HostName;
      readonly to: readonly ReleaseMember[];
      readonly from: readonly ReleaseMember[];
      readonly weight: number;
      readonly sticky: boolean;
    }
  /** The operation makes its folder. Deleted only while it is empty: data is never taken back. */
  | {
      readonly do: 'delete-volume';
      readonly host: HostName;
      readonly volume: string;
      readonly path: string;
      /** It is a copy of the one on this host: deleted with its data, as long as that one is there. */
      readonly copyOf?: HostName;
    }
  /** The operation gives it another part of the environment's network, or takes it away. */
  | {readonly do: 'connect-network'; readonly host: HostName; readonly network: HostNetwork}
  /** The operation makes it. */
  | {readonly do: 'disconnect-network'; readonly host: HostName; readonly bridge: string}
  /** The operation gives the environment other routes there; none at all: it had none. */
  | {readonly do: 'write-routes'; readonly host: HostName; readonly routes: ProxyRoutes}
  /** The operation makes it another one; absent: there was none. */
  | {readonly do: 'ensure-proxy'; readonly host: HostName; readonly proxy?: ProxySpec};

/** In the order in which they are done; empty where there is nothing to take back. */
export type Inverse = readonly InverseStep[];

/** A container that was there before the plan ran. */
export interface Present {
  readonly host: HostName;
  readonly id: string;
  readonly running: boolean;
  /** Others know it by name. */
  readonly listed: boolean;
  /** A new replica of a release that goes on: it runs, and others do not know it yet. */
  readonly standsBy?: boolean;
  /** containerd has it, running or not. */
  readonly exists: boolean;
  readonly spec?: ContainerSpec;
}

export type FindPresent = (host: HostName, id: string) => Present | undefined;

/** How an operation is taken back, known before it begins. Its steps mirror what the operation does, newest first. */
export function inverseOf(operation: Operation, present: FindPresent): Inverse {
  if (operation.kind === 'volume') {
    const {host, volume, path, from} = operation;
    return operation.action === 'create'
      ? [{do: 'delete-volume', host, volume, path, ...(from !== undefined && {copyOf: from})}]
      : [];
  }
  if (operation.kind === 'network') {
    const {host, bridge, before} = operation;
    return [before ? {do: 'connect-network', host, network: before} : {do: 'disconnect-network', host, bridge}];
  }
  if (operation.kind === 'switch') {
    const {host, to, from, weight, sticky, back} = operation;
    if (back) return [{do: 'switch-back', host, to, from, weight, sticky}];
    return [{do: 'switch-back', host, to: from, from: to, weight, sticky}];
  }
  if (operation.kind === 'hook') {
    const {host, spec} = operation;
    return [{do: 'remove-container', host, id: spec.id, specHash: specHash(spec)}];
  }
  if (operation.kind === 'route') {
    const {host, before, routes} = operation;
    return [{do: 'write-routes', host, routes: before ?? {...routes, routes: []}}];
  }
  if (operation.kind === 'proxy') {
    const {host, before} = operation;
    return [{do: 'ensure-proxy', host, ...(before && {proxy: before})}];
  }
  if (operation.kind !== 'container') return [];
  const {spec, previous, how, order} = operation;
  if (how === 'start') return spec ? [{do: 'stop-container', host: spec.host, id: spec.id}] : [];
  if (how === 'manifest') {
    const before = spec && present(spec.host, spec.id)?.spec;
    return before ? [{do: 'write-manifest', host: before.host, spec: before, specHash: specHash(spec)}] : [];
  }
  // One that crashes over and over does not run now; it stays as it was: stopped.
  const revived = previous.toReversed().flatMap(({host, id}): InverseStep[] => {
    const before = present(host, id);
    return before?.running && before.spec ? [{do: 'start-container', host, id, spec: before.spec}] : [];
  });
  if (how === 'delete' || !spec) return revived;
  const made: InverseStep = {do: 'remove-container', host: spec.host, id: spec.id, specHash: specHash(spec)};
  return order === 'stop-first' ? [made, ...revived] : [...revived, made];
}

/** The container that a step is about; none for a volume or a network. */
export const containerOf = (step: InverseStep): string | undefined =>
  step.do === 'write-manifest' ? step.spec.id : 'id' in step ? step.id : undefined;

export interface InverseTools {
  readonly actions: Actions;
  readonly ledger: Traffic;
  /** Leaves what was created on its host, stopped, for people to look at. */
  readonly keepCreated: boolean;
}

/**
 * Does the steps of an inverse one after another; each is idempotent, so that it may be done again after a failure. A
 * host that cannot be told who is there no more does not keep the others from being put back: it is told at the end.
 */
export async function runInverse(inverse: Inverse, tools: InverseTools): Promise<void> {
  const untold: unknown[] = [];
  for (const step of inverse) await runStep(step, tools, error => untold.push(error));
  if (untold.length > 0) throw untold[0];
}

async function runStep(
  step: InverseStep,
  {actions, ledger, keepCreated}: InverseTools,
  onUntold: (error: unknown) => void,
): Promise<void> {
  switch (step.do) {
    case 'remove-container':
      await ledger.leave(step.host, step.id).catch(onUntold);
      return keepCreated ? actions.stopContainer(step.host, step.id) : actions.removeContainer(step.host, step.id);
    case 'stop-container':
      await ledger.leave(step.host, step.id).catch(onUntold);
      return actions.stopContainer(step.host, step.id);
    case 'start-container':
      await ledger.return(step.host, peer(step.spec));
      await actions.startContainer(step.host, step.id);
      // Taking back goes on after Ctrl-C: what ran before must run again, so no aborted signal is passed on.
      await actions.waitHealthy(step.spec, {signal: new AbortController().signal, onProgress: () => undefined});
      return ledger.join(step.host, peer(step.spec)).catch(onUntold);
    case 'write-manifest':
      return actions.writeManifest(step.spec);
    case 'switch-back':
      return ledger.switchBack(step, step.weight, step.sticky);
    case 'delete-volume':
      if (step.copyOf !== undefined) return actions.deleteVolume(step);
      return actions.deleteEmptyVolume(step.host, step.path);
    case 'connect-network':
      return actions.connectNetwork(step.host, step.network);
    case 'disconnect-network':
      return actions.disconnectNetwork(step.host, step.bridge);
    case 'write-routes':
      return ledger.routes.define(step.host, step.routes);
    case 'ensure-proxy':
      return actions.ensureProxy(step.host, step.proxy);
  }
}
