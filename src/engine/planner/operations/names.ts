import type {ReachableHost} from '../../runtime/observed.ts';
import type {ServiceName} from '../../spec/stack.ts';
import {answering, peerOf, silentPeers} from '../named-peers.ts';
import {isRunning, type Own} from '../ownership.ts';
import type {NamedPeer, PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';

/** Hosts whose containers have wrong names, unless something comes or goes: that rewrites those of all hosts anyway. */
export function addNames(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  steps: readonly ReplicaSteps[],
): void {
  if (movingServices(steps).size > 0) return;
  const own = steps.flatMap(({sorted: {replica}}) =>
    [replica.current, ...replica.extras].filter(one => one !== undefined),
  );
  const wrong = wrongNames(input, own);
  for (const {host} of hosts) {
    const here = wrong.filter(one => one.host === host);
    if (here.length === 0) continue;
    const who = [...new Set(here.map(({service, replica}) => `${service} ${replica}`))];
    graph.add({
      id: `names:${host}`,
      kind: 'names',
      action: 'update',
      host,
      reason: `names in ${who.length > 3 ? `${who.length} containers` : who.join(', ')} differ`,
      changes: [],
    });
    graph.wait(`names:${host}`, `host:${host}`);
  }
}

/** Services of which replicas come or go: whoever knows them by name, or sends requests to them, is told then. */
export const movingServices = (steps: readonly ReplicaSteps[]): ReadonlySet<ServiceName> =>
  new Set(
    steps
      .filter(
        ({main, removals, sorted: {replica}}) =>
          (main && main.how !== 'manifest') ||
          removals.some(({previous}) =>
            [replica.current, ...replica.extras].some(own => own?.id === previous[0]?.id && isRunning(own!)),
          ),
      )
      .map(({sorted: {replica}}) => replica.service),
  );

/** Running containers whose hosts file does not say who is there, on all hosts of the environment. */
export function wrongNames(input: PlanInput, own: readonly Own[]): readonly Own[] {
  const answers = answering(own, input.lock);
  const peers = [...answers, ...silentPeers(input.observed, input.lock, answers)];
  return own.filter(one => isRunning(one) && one.manifest && !knows(input, one, peers));
}

/** Whether a container's hosts file is what it should be when these are there. */
export function knows({naming}: PlanInput, own: Own, peers: readonly NamedPeer[]): boolean {
  const self = peerOf(own);
  // A container knows itself, whoever else knows it.
  const all = peers.some(({id}) => id === self.id) ? peers : [...peers, self];
  const expected = [...naming.names(self, all)].sort();
  const found = [...own.container.names].sort();
  return expected.length === found.length && expected.every((name, at) => name === found[at]);
}
