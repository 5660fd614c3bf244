import type {ContainerNetwork} from '../runtime/container-spec.ts';
import type {ReachableHost} from '../runtime/observed.ts';
import {UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {addressIn, blocks24, overlap, parseBlock, sizeOf} from './cidr.ts';
import {isOfScope} from './ownership.ts';
import type {PlanInput, Scope} from './plan-input.ts';
import {containerMtu} from './underlay.ts';

/**
 * Gives out subnets and addresses. What exists keeps its own; new ones are the lowest that nobody has: no other host,
 * environment, project, or route of any host.
 */
export class Networks {
  readonly #input: PlanInput;
  readonly #scope: Scope;
  readonly #hosts: readonly ReachableHost[];
  readonly #subnets = new Map<HostName, string>();
  readonly #addresses = new Map<HostName, Set<string>>();
  readonly #mtu: number;

  constructor(input: PlanInput, scope: Scope, hosts: readonly ReachableHost[]) {
    this.#input = input;
    this.#scope = scope;
    this.#hosts = hosts;
    for (const [host, subnet] of Object.entries(input.lock?.subnets ?? {})) this.#subnets.set(host, subnet);
    const bridge = input.naming.bridge(scope);
    for (const {host, containers, networks} of hosts) {
      const joined = networks.find(one => one.bridge === bridge);
      if (joined) this.#subnets.set(host, joined.subnet);
      const own = containers.flatMap(({manifest}) => (manifest && isOfScope(manifest, scope) ? [manifest.spec] : []));
      // What runs is the truth: a lost or older lock file must not renumber it.
      const newest = own.sort((a, b) => (a.id < b.id ? -1 : 1))[0];
      if (newest) this.#subnets.set(host, newest.network.subnet);
      this.#addresses.set(host, new Set(own.map(spec => spec.network.address)));
    }
    this.#mtu = containerMtu(
      input,
      hosts.flatMap(({networks}) => networks.filter(one => one.bridge === bridge).map(({mtu}) => mtu)),
    );
    for (const placement of Object.values(input.lock?.placements ?? {}).flat()) {
      this.#taken(placement.host).add(placement.address);
    }
  }

  /** Subnet of each host, for the lock file. */
  get subnets(): Readonly<Record<HostName, string>> {
    return Object.fromEntries([...this.#subnets].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A network place for a new container. Errors: UserError `no-address-left`, `network-pool-exhausted`. */
  join(host: HostName): ContainerNetwork {
    const subnet = this.subnet(host);
    const taken = this.#taken(host);
    // .0 is the network, .1 the gateway, the last one the broadcast address.
    for (let n = 2; n < sizeOf(subnet) - 1; n++) {
      const address = addressIn(subnet, n);
      if (taken.has(address)) continue;
      taken.add(address);
      const bridge = this.#input.naming.bridge(this.#scope);
      return {bridge, subnet, gateway: addressIn(subnet, 1), address, mtu: this.#mtu};
    }
    throw new UserError({
      code: 'no-address-left',
      message: `host ${host} has no address left in ${subnet} for ${this.#scope.stack}/${this.#scope.environment}`,
      hint: 'Spread the replicas over more hosts.',
      exit: 1,
    });
  }

  #taken(host: HostName): Set<string> {
    const taken = this.#addresses.get(host) ?? new Set<string>();
    this.#addresses.set(host, taken);
    return taken;
  }

  /** The environment's subnet on a host, the same from then on. Errors: UserError `network-pool-exhausted`. */
  subnet(host: HostName): string {
    const known = this.#subnets.get(host);
    if (known) return known;
    const {pool} = this.#input.project.network;
    const occupied = this.#occupied();
    for (const candidate of blocks24(parseBlock(pool)!)) {
      if (occupied.some(({block}) => overlap(block, parseBlock(candidate)!))) continue;
      this.#subnets.set(host, candidate);
      return candidate;
    }
    const blocking = occupied.filter(({block}) => overlap(block, parseBlock(pool)!)).map(({text}) => text);
    throw new UserError({
      code: 'network-pool-exhausted',
      message: `network pool ${pool} has no free /24 for host ${host}; taken: ${[...new Set(blocking)].slice(0, 8).join(', ')}`,
      hint: 'Set another network.pool in niyanta.yaml.',
      exit: 1,
    });
  }

  #occupied() {
    const texts = [
      ...this.#subnets.values(),
      ...this.#input.takenSubnets,
      ...this.#hosts.flatMap(({containers}) =>
        containers.flatMap(({manifest}) => (manifest ? [manifest.spec.network.subnet] : [])),
      ),
      ...this.#hosts.flatMap(({networks}) => networks.map(({subnet}) => subnet)),
      ...this.#hosts.flatMap(({facts}) => facts.routes),
    ];
    return texts.flatMap(text => {
      const block = parseBlock(text);
      // The default route covers everything and stands in nobody's way.
      return block && block.prefix > 0 ? [{text, block}] : [];
    });
  }
}
