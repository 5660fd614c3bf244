import type {ObservedContainer, ReachableHost} from '../runtime/observed.ts';
import type {CandidateHost, FixedReplica, PlaceableReplica, PlacementRequest, TakenPort} from '../scheduler/request.ts';
import type {Service} from '../spec/stack.ts';
import {exists, isOfScope, scopeOf} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';
import type {Replica, Situation} from './situation.ts';

/** What the scheduler is asked: the project's hosts as candidates, and every desired replica that may be placed. */
export function placementRequest(input: PlanInput, situation: Situation): PlacementRequest {
  return {
    hosts: input.project.hosts.map(({name}) => candidate(input, situation, name)),
    services: input.stack.services.map(service => ({
      name: service.name,
      replicas: situation.replicas
        .filter(replica => replica.desired === service && isPlaceable(replica))
        .map(placeable),
      needs: service.needs,
      rules: service.placement,
      resources: service.resources,
      ports: service.ports,
      volumes: service.volumes.map(({volume}) => volume),
    })),
    fixed: situation.replicas.flatMap(replica => fixed(input, replica)),
  };
}

/** Whether the scheduler decides where this replica runs; others stay where they are, or are not wanted. */
export function isPlaceable({desired, lostOn, stopped, reach, current}: Replica): boolean {
  if (!desired || lostOn !== undefined || stopped) return false;
  // A needed service that is there stays as it is while another one is the target.
  return reach === 'all' || (reach === 'missing' && !(current && exists(current)));
}

function placeable({replica, current, locked}: Replica): PlaceableReplica {
  const present =
    current && exists(current)
      ? {
          host: current.host,
          resources: current.manifest?.spec.resources ?? {},
          ports: current.manifest?.spec.ports ?? [],
        }
      : undefined;
  return {replica, present, last: current?.host ?? locked?.host};
}

/** Replicas that hold their place without being decided on: stopped on purpose, lost, or not a target. */
function fixed(input: PlanInput, replica: Replica): readonly FixedReplica[] {
  if (isPlaceable(replica)) return [];
  const {service, desired, current, lostOn, reach} = replica;
  // What the stack no longer asks for goes away; unless it is not a target, or out of reach.
  if (!desired && reach === 'all' && lostOn === undefined) return [];
  const host = current?.host ?? lostOn;
  if (host === undefined) return [];
  const spec = current?.manifest?.spec;
  const definition: Service | undefined = desired ?? input.stack.services.find(({name}) => name === service);
  return [
    {
      service,
      replica: replica.replica,
      host,
      resources: spec?.resources ?? definition?.resources ?? {},
      ports: spec?.ports ?? definition?.ports ?? [],
      volumes: (spec?.volumes ?? definition?.volumes ?? []).map(({volume}) => volume),
    },
  ];
}

function candidate(input: PlanInput, {hosts, unreachable}: Situation, name: string): CandidateHost {
  const host = input.project.hosts.find(other => other.name === name)!;
  const labels = {...host.labels, ...(host.region === undefined ? {} : {region: host.region}), host: name};
  const found = hosts.find(other => other.host === name);
  const base = {name, drained: host.drain, labels, unsupported: input.unsupported[name] ?? {}};
  if (!found) {
    const error = unreachable.find(other => other.host === name)?.error ?? 'not observed';
    const nothing = {cpu: 0, memory: 0};
    return {...base, unusable: `unreachable: ${error}`, capacity: nothing, reserved: nothing, ports: [], volumes: []};
  }
  const scope = scopeOf(input);
  const others = found.containers.filter(({manifest}) => manifest && !isOfScope(manifest, scope));
  return {
    ...base,
    unusable: unprepared(found),
    drained: host.drain || found.drained,
    capacity: {cpu: found.facts.cpus, memory: found.facts.memory},
    reserved: {
      cpu: others.reduce((sum, {manifest}) => sum + (manifest?.spec.resources.cpu ?? 0), 0),
      memory: others.reduce((sum, {manifest}) => sum + (manifest?.spec.resources.memory ?? 0), 0),
    },
    ports: takenPorts(found, others, input.project.name),
    volumes: input.stack.volumes
      .map(volume => volume.name)
      .filter(volume =>
        input.options.move?.volume === volume
          ? input.options.move.to === name
          : found.volumes.includes(input.naming.volumeFolder(scope, volume)),
      ),
  };
}

function unprepared({facts, host}: ReachableHost): string | undefined {
  if (!facts.containerd) return `containerd is not installed (niyanta host prepare ${host})`;
  if (!facts.containerd.running) return `containerd is not running (niyanta host prepare ${host})`;
  if (!facts.cniPlugins.includes('bridge')) return `CNI plugins are not installed (niyanta host prepare ${host})`;
  return undefined;
}

function takenPorts({facts}: ReachableHost, others: readonly ObservedContainer[], own: string): readonly TakenPort[] {
  return [
    ...others.flatMap(({manifest}) => {
      const {service, replica, project, stack, environment, ports} = manifest!.spec;
      const whose = project === own ? '' : ` (project ${project})`;
      return ports.map(port => ({
        protocol: port.protocol,
        address: port.address,
        port: port.host,
        by: `${service} ${replica} of ${stack}/${environment}${whose}`,
      }));
    }),
    ...facts.listening.map(({protocol, address, port, process}) => ({
      protocol,
      address,
      port,
      by: process ?? 'another process',
    })),
  ];
}
