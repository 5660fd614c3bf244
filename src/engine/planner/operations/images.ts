import type {ReachableHost} from '../../runtime/observed.ts';
import type {Service} from '../../spec/stack.ts';
import {resolvedImage} from '../desired-spec.ts';
import {exists} from '../ownership.ts';
import type {PlanInput} from '../plan-input.ts';
import type {Replica} from '../situation.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {addImage} from './preparations.ts';

/** Someone removed the image of a container from its host: it runs on, but could be made again only with the image. */
export function lacksImage(input: PlanInput, {current, desired}: Replica, hosts: readonly ReachableHost[]): boolean {
  if (!current?.manifest || !desired || !exists(current)) return false;
  const {digest} = current.manifest.spec.image;
  const there = hosts.find(({host}) => host === current.host)?.images ?? [];
  return resolvedImage(input, desired).pinned?.digest === digest && !there.some(image => image.digest === digest);
}

/** Brings images back under containers that stay. */
export function restoreImages(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  services: ReadonlyMap<string, Service>,
  steps: readonly ReplicaSteps[],
): void {
  for (const {sorted} of steps) {
    const {bucket, replica} = sorted;
    if (bucket !== 'keep' && bucket !== 'update' && bucket !== 'restart') continue;
    if (replica.reach !== 'all' || !lacksImage(input, replica, hosts)) continue;
    const host = hosts.find(({host}) => host === replica.current!.host)!;
    const id = addImage(graph, input, services.get(replica.service)!, host);
    const operation = id === undefined ? undefined : graph.get(id);
    if (operation) graph.change({...operation, reason: 'someone removed it from this host'});
  }
}
