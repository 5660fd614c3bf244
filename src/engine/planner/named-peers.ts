import type {ObservedHost} from '../runtime/observed.ts';
import type {EnvironmentState} from '../state/lock-file.ts';
import {answersToName, type Own} from './ownership.ts';
import type {NamedPeer} from './plan-input.ts';
import {isListed} from './releases.ts';

/** How others know a container by name. Only of one with a manifest. */
export const peerOf = ({id, service, replica, manifest}: Own): NamedPeer => ({
  id,
  service,
  replica,
  address: manifest!.spec.network.address,
});

/** Who answers to a name in the whole environment, as found. */
export const answering = (
  own: readonly Own[],
  known: Pick<EnvironmentState, 'releases'> | undefined,
): readonly NamedPeer[] => own.filter(one => answersToName(one.container) && isListed(known, one)).map(peerOf);

/**
 * Replicas on hosts that do not answer, of services of which no other replica does: they stay listed, since the hosts
 * may reach each other all the same. Where another replica answers, nobody shall be sent to one that may be dead.
 */
export function silentPeers(
  observed: readonly ObservedHost[],
  lock: Pick<EnvironmentState, 'placements' | 'stopped'> | undefined,
  answers: readonly Pick<NamedPeer, 'service'>[],
): readonly NamedPeer[] {
  const silent = new Set(observed.filter(({reachable}) => !reachable).map(({host}) => host));
  const answered = new Set(answers.map(({service}) => service));
  return Object.entries(lock?.placements ?? {}).flatMap(([service, placements]) =>
    answered.has(service) || lock?.stopped.includes(service)
      ? []
      : placements
          .filter(({host}) => silent.has(host))
          .map(({container, replica, address}) => ({id: container, service, replica, address})),
  );
}
