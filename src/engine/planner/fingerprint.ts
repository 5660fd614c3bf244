import {createHash} from 'node:crypto';
import {canonical} from './canonical.ts';
import type {Plan} from './plan.ts';
import type {PlanInput} from './plan-input.ts';

/**
 * Hash of what was observed and decided. What moves by itself (process ids, restarts counted, free disk) is left
 * out, so that a saved plan goes stale only when something that it was based on changed.
 */
export function fingerprint(input: Pick<PlanInput, 'observed'>, plan: Omit<Plan, 'fingerprint'>): string {
  const observed = [...input.observed]
    .sort((a, b) => (a.host < b.host ? -1 : 1))
    .map(host =>
      host.reachable
        ? {
            host: host.host,
            drained: host.drained,
            toolkit: host.toolkit,
            volumes: [...host.volumes].sort(),
            proxy: host.proxy,
            networks: [...host.networks].sort((a, b) => (a.bridge < b.bridge ? -1 : 1)),
            containers: [...host.containers]
              .sort((a, b) => (a.id < b.id ? -1 : 1))
              .map(({id, manifest, deviations, task, names}) => ({
                id,
                manifest,
                task,
                deviations,
                names: [...names].sort(),
              })),
          }
        : {host: host.host, reachable: false},
    );
  const {operations, onFailure, placements, subnets} = plan;
  const decided = {serial: plan.serial, purpose: plan.purpose, operations, onFailure, placements, subnets};
  return `sha256:${createHash('sha256').update(canonical({observed, decided})).digest('hex')}`;
}
