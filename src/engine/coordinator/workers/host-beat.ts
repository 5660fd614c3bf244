import type {ReachableHost} from '../../runtime/observed.ts';
import type {Room} from '../../runtime/workloads/reserved-lines.ts';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {Gpu, Host} from '../../spec/project.ts';
import type {WorkerBeat} from '../store/store.ts';

/** What a host offers to workloads: what it has, without what stacks and workloads of `others` reserve there; the kind of its GPUs as label `gpu-kind`. */
export function beatOfHost(
  host: Host,
  seen: ReachableHost,
  trouble: string | undefined,
  others: Room = {cpu: 0, memory: 0},
): WorkerBeat {
  const room = roomOf(seen);
  return {
    name: host.name,
    kind: 'ssh',
    ...(host.region !== undefined && {region: host.region}),
    labels: {...kindOf(gpusOf(host, seen)), ...host.labels},
    capacity: {
      cpu: Math.max(0, room.cpu - others.cpu),
      memory: Math.max(0, room.memory - others.memory),
      gpu: gpusOf(host, seen).length,
      disk: seen.facts.disk.free,
    },
    ...(whyUnusable(host, seen, trouble) !== undefined && {unusable: whyUnusable(host, seen, trouble)}),
  };
}

/** Ports on which the host itself or the containers of stacks listen. */
export const portsTakenBy = (seen: ReachableHost): readonly HostPort[] => [
  ...seen.facts.listening.map(({protocol, port, address}) => ({protocol, host: port, address})),
  ...seen.containers.flatMap(({manifest}) => manifest?.spec.ports ?? []),
];

/** As niyanta.yaml says, else as they were found. */
export const gpusOf = (host: Host, {facts}: Pick<ReachableHost, 'facts'>): readonly Gpu[] =>
  host.gpus ?? facts.gpus ?? [];

/** Where all are of one. */
function kindOf(gpus: readonly Gpu[]): Readonly<Record<string, string>> {
  const [kind, ...others] = new Set(gpus.map(gpu => gpu.kind));
  return kind === undefined || others.length > 0 ? {} : {'gpu-kind': kind};
}

/** What it has for workloads of all coordinators together. */
export function roomOf({facts, containers}: ReachableHost): Room {
  const reserved = containers.map(({manifest}) => manifest?.spec.resources ?? {});
  const taken = (of: 'cpu' | 'memory') => reserved.reduce((sum, each) => sum + (each[of] ?? 0), 0);
  return {
    cpu: Math.max(0, facts.cpus - taken('cpu')),
    memory: Math.max(0, facts.memory - taken('memory')),
  };
}

function whyUnusable(host: Host, {facts}: ReachableHost, trouble: string | undefined): string | undefined {
  if (host.drain) return 'drained in niyanta.yaml';
  if (trouble !== undefined) return trouble;
  if (!facts.containerd) return `not prepared: niyanta host prepare ${host.name}`;
  return facts.containerd.running ? undefined : 'its containerd does not answer (niyanta doctor says more)';
}
