import type {Aspect} from '../../runtime/deviations/deviation.ts';
import {dependantsOf} from '../../scheduler/needs-order.ts';
import type {ServiceName} from '../../spec/stack.ts';
import {isRunning} from '../ownership.ts';
import type {OperationId} from '../plan.ts';
import type {PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {networkId} from './networks.ts';
import {hostId} from './preparations.ts';

/**
 * Puts right, while they run, containers that stay and about which someone changed something. What needs them waits,
 * as it does for those that start.
 */
export function addRepairs(
  graph: OperationGraph,
  input: PlanInput,
  steps: readonly ReplicaSteps[],
  starting: ReadonlyMap<ServiceName, readonly OperationId[]>,
): void {
  for (const {sorted} of steps) {
    const {current} = sorted.replica;
    const deviations = current?.container.deviations ?? [];
    const stays = sorted.bucket === 'keep' || sorted.bucket === 'update' || sorted.bucket === 'restart';
    if (!current?.manifest || !stays || !isRunning(current) || deviations.length === 0) continue;
    const {host, service, replica, manifest} = current;
    const id = `repair:${host}:${service}-${replica}`;
    graph.add({
      id,
      kind: 'repair',
      action: 'update',
      service,
      replica,
      host,
      reason: `someone changed it: ${[...new Set(deviations.map(({what}) => what))].join('; ')}`,
      changes: deviations.flatMap(({path, from, to}) => (path === undefined ? [] : [{path, from, to, forces: false}])),
      spec: manifest.spec,
      aspects: [...new Set(deviations.map(({aspect}): Aspect => aspect))],
    });
    graph.wait(id, hostId(host));
    graph.wait(id, networkId(host));
    for (const {name} of dependantsOf(service, input.stack.services)) {
      for (const other of starting.get(name) ?? []) graph.wait(other, id);
    }
  }
}
