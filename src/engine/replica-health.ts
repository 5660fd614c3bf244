import type {EnvironmentReplica} from './environment-replicas.ts';
import type {Fleet} from './fleet.ts';
import {checkHealth} from './runtime/health-check.ts';
import {OutsideError} from './spec/errors.ts';

/** none: it has no health check, or does not run. unknown: its host was lost while it was asked. */
export type ReplicaHealth = 'healthy' | 'unhealthy' | 'starting' | 'unknown' | 'none';

/** Asks a replica once, now. One that fails within its start period is still starting. */
export async function healthOf(
  {container, host, state}: EnvironmentReplica,
  fleet: Pick<Fleet, 'connection'>,
  now: () => Date,
): Promise<ReplicaHealth> {
  const spec = container?.manifest?.spec;
  if (state !== 'running' || !spec?.health || host === undefined) return 'none';
  const {check, timeoutMs, startPeriodMs} = spec.health;
  try {
    const target = {id: spec.id, address: spec.network.address, check, timeoutMs};
    if ((await checkHealth(fleet.connection(host), target)).healthy) return 'healthy';
  } catch (error) {
    if (error instanceof OutsideError && error.transient) return 'unknown';
    throw error;
  }
  const ageMs = container?.startedAt ? now().getTime() - Date.parse(container.startedAt) : Number.POSITIVE_INFINITY;
  return ageMs < startPeriodMs ? 'starting' : 'unhealthy';
}
