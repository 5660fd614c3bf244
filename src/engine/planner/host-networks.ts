import type {HostNetwork, NetworkPeer, ObservedNetwork} from '../runtime/host-network.ts';
import type {ReachableHost} from '../runtime/observed.ts';
import {UserError} from '../spec/errors.ts';
import type {HostName, Service} from '../spec/stack.ts';
import {addressIn, overlap, parseBlock} from './cidr.ts';
import {addressesAfterwards, addressesMeanwhile, policiesOn, type ServiceAddress} from './network-policies.ts';
import type {Networks} from './networks.ts';
import {isOfScope, isRunning, scopeOf} from './ownership.ts';
import type {PlanInput, Scope} from './plan-input.ts';
import type {Sorted} from './reconcile.ts';
import {servingHosts} from './routes.ts';
import type {Situation} from './situation.ts';
import {containerMtu, mustHaveUnderlay, refuseShared, underlayOf} from './underlay.ts';

/** UDP port of VXLAN (RFC 7348). */
const vxlanPort = 4789;

/** The environment's network on its hosts: as it is, while containers come and go, and afterwards. */
export interface HostNetworks {
  readonly found: ReadonlyMap<HostName, ObservedNetwork>;
  /** Of those that stay and those that leave, all of them joined. */
  readonly meanwhile: ReadonlyMap<HostName, HostNetwork>;
  /** Of those that stay. */
  readonly afterwards: ReadonlyMap<HostName, HostNetwork>;
}

/**
 * Which hosts the environment's network has, and who is whose peer. Errors: UserError `network-address-unknown`,
 * `network-address-shared`, `subnet-clash`; only where containers of two hosts have to reach each other.
 */
export function hostNetworks(
  input: PlanInput,
  situation: Situation,
  sorted: readonly Sorted[],
  networks: Networks,
): HostNetworks {
  const found = ownNetworks(input, situation.hosts);
  const stays = new Set(
    sorted.flatMap(({host, bucket}) => (host === undefined || bucket === 'lost' || bucket === 'stop' ? [] : [host])),
  );
  // A proxy is where no replica need be, and has to reach them all.
  const serving = new Set(servingHosts(input, situation.hosts).map(({host}) => host));
  for (const host of serving) stays.add(host);
  const staying = situation.hosts.filter(({host}) => stays.has(host));
  const leaving = situation.hosts.filter(
    ({host}) =>
      !stays.has(host) &&
      found.get(host)?.overlay !== undefined &&
      (runsSomething(sorted, host) || found.get(host)?.proxy !== undefined),
  );
  const silent = silentPeers(input, situation, found);
  if (staying.length + silent.length > 1) refuseApart(input, staying, networks);
  // A proxy that is to go serves until its routes are taken away.
  const meanwhile = new Set([...serving, ...[...found].flatMap(([host, {proxy}]) => (proxy ? [host] : []))]);
  const join = (
    hosts: readonly ReachableHost[],
    addresses: readonly ServiceAddress[],
    proxies: ReadonlySet<HostName>,
  ) => guarded(joined(input, hosts, silent, found, networks, proxies), input.stack.services, addresses);
  return {
    found,
    meanwhile: join([...staying, ...leaving], addressesMeanwhile(sorted), meanwhile),
    afterwards: join(staying, addressesAfterwards(sorted, input.lock), serving),
  };
}

/** With who may talk to whom, where services say so. */
const guarded = (
  networks: ReadonlyMap<HostName, HostNetwork>,
  services: readonly Service[],
  addresses: readonly ServiceAddress[],
): ReadonlyMap<HostName, HostNetwork> =>
  new Map(
    [...networks].map(([host, network]) => {
      const policies = policiesOn(host, services, addresses);
      return [host, policies ? {...network, policies} : network];
    }),
  );

/** This environment's part on each host that has one. */
export function ownNetworks(
  input: Parameters<typeof scopeOf>[0] & Pick<PlanInput, 'naming'>,
  hosts: readonly ReachableHost[],
): ReadonlyMap<HostName, ObservedNetwork> {
  const bridge = input.naming.bridge(scopeOf(input));
  return new Map(
    hosts.flatMap(({host, networks}) =>
      networks.filter(network => network.bridge === bridge).map(network => [host, network] as const),
    ),
  );
}

const runsSomething = (sorted: readonly Sorted[], host: HostName): boolean =>
  sorted.some(({replica: {current, extras}}) =>
    [current, ...extras].some(own => own !== undefined && own.host === host && isRunning(own)),
  );

/** Hosts that cannot be asked now and have containers all the same: others keep what they know of them. */
function silentPeers(
  {lock}: PlanInput,
  {unreachable}: Situation,
  found: HostNetworks['found'],
): readonly NetworkPeer[] {
  const placed = new Set(Object.values(lock?.placements ?? {}).flatMap(all => all.map(({host}) => host)));
  const known = [...found.values()].flatMap(({overlay}) => overlay?.peers ?? []);
  return unreachable.flatMap(({host}) => {
    const peer = known.find(one => one.host === host);
    return peer && placed.has(host) ? [peer] : [];
  });
}

function joined(
  input: PlanInput,
  hosts: readonly ReachableHost[],
  silent: readonly NetworkPeer[],
  found: HostNetworks['found'],
  networks: Networks,
  serving: ReadonlySet<HostName>,
): ReadonlyMap<HostName, HostNetwork> {
  const {naming} = input;
  const scope = scopeOf(input);
  const bridge = naming.bridge(scope);
  const mtu = containerMtu(
    input,
    [...found.values()].map(one => one.mtu),
  );
  const proxyOn = (host: HostName) => (serving.has(host) ? ({proxy: true} as const) : {});
  const part = (host: HostName) => ({bridge, subnet: networks.subnet(host), mtu, ...proxyOn(host)});
  if (hosts.length + silent.length < 2) return new Map(hosts.map(({host}) => [host, part(host)]));
  const addresses = new Map(hosts.map(host => [host.host, addressOf(input, host, found)]));
  const vni = vniOf(input, scope, found);
  const device = naming.device(scope);
  const macOf = (subnet: string) => naming.mac(addressIn(subnet, 0));
  const peers: readonly NetworkPeer[] = [
    ...silent,
    ...hosts.map(({host}) => {
      const subnet = networks.subnet(host);
      return {host, address: addresses.get(host)!, subnet, mac: macOf(subnet)};
    }),
  ].sort((a, b) => (a.host < b.host ? -1 : 1));
  return new Map(
    hosts.map(({host}) => {
      const own = part(host);
      const address = addresses.get(host)!;
      const others = peers.filter(peer => peer.host !== host);
      return [host, {...own, overlay: {device, vni, address, mac: macOf(own.subnet), port: vxlanPort, peers: others}}];
    }),
  );
}

/** Those that stay have to reach each other. */
function refuseApart(input: PlanInput, staying: readonly ReachableHost[], networks: Networks): void {
  refuseClash(input, staying, networks);
  refuseShared(new Map(staying.map(host => [host.host, mustHaveUnderlay(input, host).address])));
}

/** One that leaves may have lost its address since it joined; it leaves all the same. */
function addressOf(input: PlanInput, host: ReachableHost, found: HostNetworks['found']): string {
  const known = underlayOf(input, host) ?? found.get(host.host)?.overlay;
  return (known ?? mustHaveUnderlay(input, host)).address;
}

/** What its hosts have is kept; a new number is one that no other environment has on any host. */
function vniOf({naming, observed}: PlanInput, scope: Scope, found: HostNetworks['found']): number {
  const kept = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).find(([, {overlay}]) => overlay)?.[1].overlay?.vni;
  if (kept !== undefined) return kept;
  const own = naming.bridge(scope);
  const taken = new Set(
    observed.flatMap(host =>
      host.reachable
        ? host.networks.flatMap(({bridge, overlay}) => (bridge !== own && overlay ? [overlay.vni] : []))
        : [],
    ),
  );
  let vni = naming.vni(scope);
  while (taken.has(vni)) vni = (vni % 0xffffff) + 1;
  return vni;
}

/** Where the hosts met only later, one may have what is another's subnet: as another environment's, or as a route. */
function refuseClash(input: PlanInput, hosts: readonly ReachableHost[], networks: Networks): void {
  const scope = scopeOf(input);
  const bridge = input.naming.bridge(scope);
  const own = new Set(Object.values(networks.subnets));
  for (const {host, facts, containers, networks: there} of hosts) {
    const foreign = [
      ...facts.routes.filter(route => !own.has(route)),
      ...containers.flatMap(({manifest}) =>
        manifest && !isOfScope(manifest, scope) ? [manifest.spec.network.subnet] : [],
      ),
      ...there
        .filter(network => network.bridge !== bridge)
        .flatMap(({subnet, overlay}) => [subnet, ...(overlay?.peers.map(peer => peer.subnet) ?? [])]),
    ];
    for (const {host: other} of hosts) {
      const subnet = networks.subnet(other);
      const clash = foreign.find(text => {
        const block = parseBlock(text);
        return block !== undefined && block.prefix > 0 && overlap(block, parseBlock(subnet)!);
      });
      if (clash === undefined || other === host) continue;
      throw new UserError({
        code: 'subnet-clash',
        message: `containers on ${other} have addresses of ${subnet}, but on ${host} ${clash} is something else, so that they cannot reach each other`,
        hint: `Keep this environment off one of the two hosts, or give it new addresses: niyanta destroy, another network.pool in niyanta.yaml, niyanta apply.`,
        exit: 1,
      });
    }
  }
}
