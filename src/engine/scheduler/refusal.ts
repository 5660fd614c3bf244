import {UserError} from '../spec/errors.ts';
import type {PlaceableService, PlacementRequest, RejectedHost} from './request.ts';

/** A replica that fits nowhere. */
export interface Refusal {
  readonly service: PlaceableService;
  readonly replica: number;
  readonly rejected: readonly RejectedHost[];
}

/** UserError `unplaceable`: which replica, why not on each host, and what would help. */
export function unplaceable(request: PlacementRequest, {service, replica, rejected}: Refusal): UserError {
  const lines = [...rejected].map(({host, reason}) => `  ${host}: ${reason}`);
  const place = request.hosts.length === 0 ? 'the project has no hosts' : 'no host fits';
  return new UserError({
    code: 'unplaceable',
    message: [`${service.name} ${replica} cannot be placed, ${place}`, ...lines].join('\n'),
    hint: advice(request, service, rejected),
    exit: 1,
    service: service.name,
  });
}

function advice(request: PlacementRequest, service: PlaceableService, rejected: readonly RejectedHost[]): string {
  const says = (text: string) => rejected.some(({reason}) => reason.includes(text));
  const drained = rejected.find(({reason}) => reason === 'in drain');
  if (request.hosts.length === 0) return 'niyanta host add NAME ADDRESS';
  const neighbour = rejected
    .flatMap(({reason}) => / of (\S+\/\S+)(?: \(project \S+\))?$/.exec(reason)?.[1] ?? [])
    .at(0);
  if (says('port ') && neighbour !== undefined) {
    return `A host has each port once: give this environment another one (environments.NAME.services.${service.name}.ports), place it on other hosts, or stop ${neighbour}.`;
  }
  if (rejected.some(({reason}) => reason.startsWith('port ') && reason.includes(`taken by ${service.name} `))) {
    return `Each host can publish the port once: set services.${service.name}.replicas to at most the number of hosts that fit, add a host, or drop its ports.`;
  }
  if (says('port ') && says('taken by')) {
    return `Publish another port in services.${service.name}.ports, or stop what holds it.`;
  }
  if (drained && service.volumes.length > 0) {
    return `niyanta host undrain ${drained.host}, or set services.${service.name}.placement.allowMove: true to start without the data.`;
  }
  if (drained) return `niyanta host undrain ${drained.host}, or add a host.`;
  if (says('volume '))
    return `services.${service.name}.placement.allowMove: true lets it leave the host with its data.`;
  if (says('not installed') || says('not running') || says('prepare'))
    return `niyanta host prepare ${rejected[0]?.host}`;
  if (says('requires '))
    return `Give a host the labels in niyanta.yaml, or change services.${service.name}.placement.require.`;
  if (says(' free')) return `Ask for less in services.${service.name}.resources, or add a host.`;
  return 'Add a host with niyanta host add, or change what the service asks for.';
}
