import type {PlacementsWish} from '../../coordinator/requests/placements.ts';
import type {DescribedHost, TakenPort, WantedPlacement} from '../messages.d.ts';
import {wrong} from './read-fields.ts';
import {objectOf} from './well-known.ts';

/** Fields of requests about placement, as the REST API takes them. Errors of all: Refusal 400 with the field. */

type Host = NonNullable<PlacementsWish['hosts']>[number];
type Path = readonly (string | number)[];

const MOST = 1000;
const MOST_HOSTS = 5000;

export function wantedPlacements(given: readonly WantedPlacement[]): PlacementsWish['workloads'] {
  if (given.length === 0 || given.length > MOST) throw wrong(['workloads'], `must have 1 to ${MOST} entries`);
  return given.map(({workload, count}, index) => {
    if (count < 0 || count > MOST) throw wrong(['workloads', index, 'count'], `must be between 1 and ${MOST}`);
    return {workload: objectOf(workload, ['workloads', index, 'workload']), count: count || 1};
  });
}

export function strategyOf(text: string): PlacementsWish['strategy'] {
  if (text === 'spread' || text === 'binpack' || text === '') return text || 'binpack';
  throw wrong(['strategy'], 'must be binpack or spread');
}

export function describedHosts(given: readonly DescribedHost[]): readonly Host[] {
  if (given.length > MOST_HOSTS) throw wrong(['hosts'], `must have at most ${MOST_HOSTS} entries`);
  if (new Set(given.map(({name}) => name)).size < given.length) throw wrong(['hosts'], 'must not name a host twice');
  return given.map((host, index) => describedHost(host, ['hosts', index]));
}

function describedHost({name, region, labels, ports, drained, ...free}: DescribedHost, path: Path): Host {
  if (name === '' || name.length > 200) throw wrong([...path, 'name'], 'must have 1 to 200 characters');
  if (region.length > 200) throw wrong([...path, 'region'], 'must have at most 200 characters');
  if (ports.length > MOST) throw wrong([...path, 'ports'], `must have at most ${MOST} entries`);
  for (const [label, value] of Object.entries(labels)) {
    if (label === '' || label.length > 200 || value.length > 200) throw wrong([...path, 'labels'], 'are no labels');
  }
  const amount = (field: 'cpu' | 'memory' | 'gpu' | 'disk', value: number) => {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    throw wrong([...path, field], 'is not an amount');
  };
  return {
    name,
    ...(region !== '' && {region}),
    labels,
    capacity: {
      cpu: amount('cpu', free.cpu),
      memory: amount('memory', free.memory),
      gpu: amount('gpu', free.gpu),
      disk: amount('disk', free.disk ?? Number.MAX_SAFE_INTEGER),
    },
    ports: ports.map((port, index) => takenPort(port, [...path, 'ports', index])),
    drained,
  };
}

function takenPort({host, protocol, address}: TakenPort, path: Path): Host['ports'][number] {
  if (host < 1 || host > 65_535) throw wrong([...path, 'host'], 'is not a port');
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== '')
    throw wrong([...path, 'protocol'], 'must be tcp or udp');
  if (address.length > 200) throw wrong([...path, 'address'], 'must have at most 200 characters');
  return {host, protocol: protocol || 'tcp', ...(address !== '' && {address})};
}
