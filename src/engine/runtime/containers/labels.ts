import type {ContainerSpec} from '../container-spec.ts';
import {specHash} from '../hashes.ts';
import * as paths from '../paths.ts';

/** Where a task's output goes: through niyanta's logger (containerd's binary logging), which gets the query as words. */
export function logUri({logs}: Pick<ContainerSpec, 'logs'>): string {
  const limits = logs ? `?files=${logs.maxFiles}&size=${logs.maxSize}` : '';
  return `binary://${paths.toolkit}/logger${limits}`;
}

const restart = 'containerd.io/restart';

/** How containerd's restart monitor is to start a container again, once `keepRunning` tells it to; none for `never`. */
export function restartLabels({restart: policy, logs}: Pick<ContainerSpec, 'restart' | 'logs'>): readonly string[] {
  if (policy === 'never') return [];
  return [
    // Without it logs vanish after a restart on 1.6.
    `${restart}.loguri=${logUri({logs})}`,
    // 1.6 does not read it; the planner refuses on-failure there.
    `${restart}.policy=${policy}`,
  ];
}

/**
 * What makes the restart monitor keep a container running; none for `never`. Set only when its task has started: a
 * monitor that comes by in between sees a container without a task, and replaces the one that is just being started.
 */
export const keepRunning = ({restart: policy}: Pick<ContainerSpec, 'restart'>): readonly string[] =>
  policy === 'never' ? [] : [`${restart}.status=running`];

/** What makes the restart monitor leave a container alone: an empty value removes a label. */
export const noRestart = `${restart}.status=`;

/** Those that people gave it. */
export const userLabels = ({labels}: Pick<ContainerSpec, 'labels'>): readonly string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`);

/** Who this is, so that state can be rebuilt from containerd alone. */
export const identityLabels = (spec: ContainerSpec): readonly string[] => [
  `niyanta.project=${spec.project}`,
  `niyanta.stack=${spec.stack}`,
  `niyanta.environment=${spec.environment}`,
  `niyanta.service=${spec.service}`,
  `niyanta.replica=${spec.replica}`,
  `niyanta.address=${spec.network.address}`,
  `niyanta.spec=${specHash(spec)}`,
];
