import type {ReachableHost} from '../../runtime/observed.ts';
import {answersToName, isRunning, type Own} from '../ownership.ts';
import type {NamedPeer, PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';

/** Hosts whose containers have wrong names and where nothing comes or goes, which would rewrite them anyway. */
export function addNames(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  steps: readonly ReplicaSteps[],
): void {
  const busy = new Set(
    steps.flatMap(({main, removals, sorted: {replica}}) => [
      ...(main && main.how !== 'manifest' ? [main.host, ...main.previous.map(({host}) => host)] : []),
      ...removals
        .filter(({previous}) =>
          [replica.current, ...replica.extras].some(own => own?.id === previous[0]?.id && isRunning(own!)),
        )
        .map(({host}) => host),
    ]),
  );
  const own = steps.flatMap(({sorted: {replica}}) =>
    [replica.current, ...replica.extras].filter(one => one !== undefined),
  );
  for (const {host} of hosts) {
    const wrong = wrongNames(
      input,
      own.filter(one => one.host === host),
    );
    if (busy.has(host) || wrong.length === 0) continue;
    const who = [...new Set(wrong.map(({service, replica}) => `${service} ${replica}`))];
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

/** Running containers of one host whose hosts file does not say who is there. */
export function wrongNames(input: PlanInput, own: readonly Own[]): readonly Own[] {
  const peers = own.filter(({container}) => answersToName(container)).map(peerOf);
  return own.filter(one => isRunning(one) && one.manifest && !knows(input, one, peers));
}

/** Whether a container's hosts file is what it should be when these are there. */
export function knows({naming}: PlanInput, own: Own, peers: readonly NamedPeer[]): boolean {
  const expected = [...naming.names(peerOf(own), peers)].sort();
  const found = [...own.container.names].sort();
  return expected.length === found.length && expected.every((name, at) => name === found[at]);
}

const peerOf = ({id, service, replica, manifest}: Own): NamedPeer => ({
  id,
  service,
  replica,
  address: manifest!.spec.network.address,
});
