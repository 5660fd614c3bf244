import type {NetworkPolicy} from '../runtime/host-network.ts';
import type {HostName, Service, ServiceName} from '../spec/stack.ts';
import type {EnvironmentState} from '../state/lock-file.ts';
import type {Sorted} from './reconcile.ts';

/** Where in the environment's network a service is. */
export interface ServiceAddress {
  readonly service: ServiceName;
  readonly host: HostName;
  readonly address: string;
}

/** Every address that a container of the environment has or will have, until the plan is done. */
export const addressesMeanwhile = (sorted: readonly Sorted[]): readonly ServiceAddress[] => sorted.flatMap(anyTime);

function anyTime(one: Sorted): readonly ServiceAddress[] {
  const {service, current, extras, locked, lostOn, leaves} = one.replica;
  const found = [current, ...extras].flatMap(own => {
    const remembered = own && own.id === locked?.container ? locked.address : undefined;
    const address = own?.manifest?.spec.network.address ?? remembered;
    return own && address !== undefined ? [{service, host: own.host, address}] : [];
  });
  const silent = locked && (lostOn ?? leaves) === locked.host ? [locked] : [];
  return [...found, ...silent.map(({host, address}) => ({service, host, address})), ...coming(one)];
}

/**
 * Those of containers that are there when it is done; also the old ones of a release that a person is to end, who serve
 * until then.
 */
export const addressesAfterwards = (
  sorted: readonly Sorted[],
  lock?: Pick<EnvironmentState, 'releases'>,
): readonly ServiceAddress[] =>
  sorted.flatMap(one => {
    const {bucket, replica} = one;
    if (bucket === 'stop') return [];
    const open = lock?.releases?.[replica.service] !== undefined || replica.desired?.update.promote === 'manual';
    if (open && bucket !== 'held' && bucket !== 'lost') return anyTime(one);
    if (bucket !== 'held' && bucket !== 'lost') return coming(one);
    const {service, current, locked} = replica;
    const address = current?.manifest?.spec.network.address ?? locked?.address;
    const host = current?.host ?? locked?.host;
    return address === undefined || host === undefined ? [] : [{service, host, address}];
  });

const coming = ({spec, replica: {service}}: Sorted): readonly ServiceAddress[] =>
  spec ? [{service, host: spec.host, address: spec.network.address}] : [];

/** The policies of services that have containers on a host; undefined when none of them asks for any. */
export function policiesOn(
  host: HostName,
  services: readonly Service[],
  addresses: readonly ServiceAddress[],
): readonly NetworkPolicy[] | undefined {
  const of = (names: readonly ServiceName[], where: (at: ServiceAddress) => boolean = () => true) =>
    [...new Set(addresses.filter(at => names.includes(at.service) && where(at)).map(({address}) => address))].sort();
  const policies = services.flatMap(({name, network}): NetworkPolicy[] => {
    if (!network || (network.from === undefined && network.egress === 'any')) return [];
    const here = of([name], at => at.host === host);
    if (here.length === 0) return [];
    const from = network.from && {from: of(network.from)};
    return [{service: name, addresses: here, ...from, egress: network.egress}];
  });
  return policies.length > 0 ? policies.sort((a, b) => (a.service < b.service ? -1 : 1)) : undefined;
}
