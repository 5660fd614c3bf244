import type {ObservedHost, ReachableHost} from '../runtime/observed.ts';
import {UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {PlanInput} from './plan-input.ts';

/** Where other hosts reach a host, and what a packet to it may have. */
export interface Underlay {
  readonly address: string;
  /** Bytes. */
  readonly mtu: number;
}

/** What VXLAN adds to a packet over IPv4 (RFC 7348): 14 Ethernet, 20 IP, 8 UDP, 8 VXLAN. */
const encapsulation = 50;
/** Of links whose size is not known. */
const usualMtu = 1500;
/** Jumbo frames; loopback and virtual links take more, which nobody between them does. */
const largestMtu = 9000;

/** Undefined where nothing tells, so that only those who need to know refuse. */
export function underlayOf(
  {project}: Pick<PlanInput, 'project'>,
  {host: name, facts}: ReachableHost,
): Underlay | undefined {
  const host = project.hosts.find(other => other.name === name);
  const wanted = host?.networkAddress;
  const candidates = wanted === undefined ? [host?.address, facts.defaultAddress] : [wanted];
  return candidates
    .map(address => facts.addresses.find(own => own.address === address && !own.address.startsWith('127.')))
    .find(found => found !== undefined);
}

/** Errors: UserError `network-address-unknown`. */
export function mustHaveUnderlay(input: Pick<PlanInput, 'project'>, host: ReachableHost): Underlay {
  const found = underlayOf(input, host);
  if (found) return found;
  const name = host.host;
  const wanted = input.project.hosts.find(other => other.name === name)?.networkAddress;
  const own = host.facts.addresses.map(({address}) => address);
  throw new UserError({
    code: 'network-address-unknown',
    message:
      wanted === undefined
        ? `the address under which other hosts reach ${name} is not known, and its containers have to reach those of other hosts`
        : `host ${name} has no address ${wanted}, which niyanta.yaml says is its networkAddress`,
    hint: `Set hosts.${name}.networkAddress to one of its own addresses (${own.join(', ') || 'it says of none'}).`,
    exit: 1,
  });
}

/** Errors: UserError `network-address-shared`: hosts behind one address cannot be told apart. */
export function refuseShared(addresses: ReadonlyMap<HostName, string>): void {
  const byAddress = Map.groupBy(addresses, ([, address]) => address);
  const shared = [...byAddress].find(([, hosts]) => hosts.length > 1);
  if (!shared) return;
  const names = shared[1].map(([host]) => host).sort();
  throw new UserError({
    code: 'network-address-shared',
    message: `hosts ${names.join(' and ')} both have ${shared[0]} as the address under which other hosts reach them`,
    hint: `Set networkAddress of each in niyanta.yaml to an address that the others reach.`,
    exit: 1,
  });
}

/**
 * What packets of containers may have: that of the smallest link among all hosts of the project, so that containers
 * need not be changed when their environment comes to a second host. While a host is silent, it does not grow.
 */
export function containerMtu(input: Pick<PlanInput, 'project' | 'observed'>, had: readonly number[]): number {
  const reachable = input.observed.filter((host): host is Extract<ObservedHost, {reachable: true}> => host.reachable);
  const links = reachable.map(host => underlayOf(input, host)?.mtu ?? usualMtu);
  const possible = Math.min(largestMtu, ...(links.length > 0 ? links : [usualMtu])) - encapsulation;
  return reachable.length < input.observed.length ? Math.min(possible, ...had) : possible;
}
