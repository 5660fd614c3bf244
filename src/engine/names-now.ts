import type {Actions, Peer} from './executor/actions.ts';
import {NameLedger} from './executor/name-ledger.ts';
import {peer} from './executor/peer.ts';
import {silentPeers} from './planner/named-peers.ts';
import {answersToName} from './planner/ownership.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import type {LockFile} from './state/lock-file.ts';

/** The names of an environment as the hosts were seen, to go on from. */
export function namesNow(
  observed: readonly ObservedHost[],
  {project, environment}: Pick<Session, 'project' | 'environment'>,
  {environments}: LockFile,
  actions: Actions,
): NameLedger {
  const named = observed.flatMap(host => {
    if (!host.reachable) return [];
    return host.containers.flatMap((container): {host: string; peer: Peer}[] => {
      const spec = container.manifest?.spec;
      if (spec?.project !== project.name || spec.environment !== environment || !answersToName(container)) return [];
      return [{host: host.host, peer: peer(spec)}];
    });
  });
  const silent = silentPeers(
    observed,
    environments[environment],
    named.map(one => one.peer),
  );
  return new NameLedger(actions.writeNames.bind(actions), named, silent);
}
