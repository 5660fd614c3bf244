import type {ReachableHost} from '../../runtime/observed.ts';
import {leftoversToSweep, leftoverText} from '../leftovers.ts';
import type {PlanInput} from '../plan-input.ts';
import type {OperationGraph} from './graph.ts';
import {hostId} from './preparations.ts';

/** How many leftovers are told by name. */
const told = 3;

/** What interrupted commands, or people, left on hosts and what belongs to no container. */
export function addSweeps(
  graph: OperationGraph,
  input: Pick<PlanInput, 'project' | 'stack' | 'environment' | 'naming'>,
  hosts: readonly ReachableHost[],
): void {
  for (const host of hosts) {
    const leftovers = leftoversToSweep(input, host);
    if (leftovers.length === 0) continue;
    const texts = [...new Set(leftovers.map(leftoverText))].sort();
    const more = texts.length > told ? `, and ${texts.length - told} more` : '';
    graph.add({
      id: `sweep:${host.host}`,
      kind: 'sweep',
      action: 'delete',
      host: host.host,
      reason: `left over, and of no container: ${texts.slice(0, told).join(', ')}${more}`,
      changes: [],
      leftovers,
    });
    graph.wait(`sweep:${host.host}`, hostId(host.host));
  }
}
