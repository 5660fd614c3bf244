import type {ReachableHost} from '../runtime/observed.ts';
import type {HostName, ServiceName} from '../spec/stack.ts';
import {exists, isRunning, scopeOf} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';
import type {Situation} from './situation.ts';

/** A volume whose folder is gone although a replica has kept data in it. */
export interface LostVolume {
  readonly service: ServiceName;
  readonly replica: number;
  readonly host: HostName;
  readonly volume: string;
  /** Its folder on the host. */
  readonly path: string;
  /** A container runs on, with what it has open of it. */
  readonly running: boolean;
}

/** Volumes that are gone from hosts that answer: of containers that are there, and of those that the lock file knows. */
export function lostVolumes(
  input: PlanInput,
  {replicas, hosts}: Pick<Situation, 'replicas' | 'hosts'>,
): readonly LostVolume[] {
  const scope = scopeOf(input);
  const has = (host: ReachableHost, volume: string) => host.volumes.includes(input.naming.volumeFolder(scope, volume));
  return replicas.flatMap(({service, replica, current, locked, desired}): LostVolume[] => {
    const on = current?.host ?? locked?.host;
    const host = hosts.find(candidate => candidate.host === on);
    // What an interrupted first start did not get as far as to make has had no data.
    if (!host || (!locked && !(current && exists(current)))) return [];
    const volumes = current?.manifest?.spec.volumes ?? desired?.volumes ?? [];
    return volumes
      .filter(({volume}) => !has(host, volume))
      .map(({volume}) => ({
        service,
        replica,
        host: host.host,
        volume,
        path: input.naming.volumePath(scope, volume),
        running: current !== undefined && isRunning(current),
      }));
  });
}
