import type {ReachableHost} from '../../runtime/observed.ts';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {Host} from '../../spec/project.ts';
import type {WorkerBeat, WorkerCapacity} from '../store/store.ts';

/** What a host offers to workloads: what it has, without what stacks reserve there. Its label `gpu` counts its devices. */
export function beatOfHost(host: Host, seen: ReachableHost, trouble: string | undefined): WorkerBeat {
  return {
    name: host.name,
    kind: 'ssh',
    ...(host.region !== undefined && {region: host.region}),
    labels: host.labels,
    capacity: capacityOf(host, seen),
    ...(whyUnusable(host, seen, trouble) !== undefined && {unusable: whyUnusable(host, seen, trouble)}),
  };
}

/** Ports on which the host itself or the containers of stacks listen. */
export const portsTakenBy = (seen: ReachableHost): readonly HostPort[] => [
  ...seen.facts.listening.map(({protocol, port, address}) => ({protocol, host: port, address})),
  ...seen.containers.flatMap(({manifest}) => manifest?.spec.ports ?? []),
];

function capacityOf(host: Host, {facts, containers}: ReachableHost): WorkerCapacity {
  const reserved = containers.map(({manifest}) => manifest?.spec.resources ?? {});
  const taken = (of: 'cpu' | 'memory') => reserved.reduce((sum, each) => sum + (each[of] ?? 0), 0);
  return {
    cpu: Math.max(0, facts.cpus - taken('cpu')),
    memory: Math.max(0, facts.memory - taken('memory')),
    gpu: Number(/^\d+$/.exec(host.labels.gpu ?? '')?.[0] ?? 0),
    disk: facts.disk.free,
  };
}

function whyUnusable(host: Host, {facts}: ReachableHost, trouble: string | undefined): string | undefined {
  if (host.drain) return 'drained in niyanta.yaml';
  if (trouble !== undefined) return trouble;
  if (!facts.containerd) return `not prepared: niyanta host prepare ${host.name}`;
  return facts.containerd.running ? undefined : 'its containerd does not run';
}
