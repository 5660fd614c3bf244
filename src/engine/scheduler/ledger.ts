import type {HostName, PublishedPort, ServiceName} from '../spec/stack.ts';
import type {Capacity, FixedReplica, PlacementRequest, TakenPort} from './request.ts';

/** What one replica takes on its host. */
export type Claim = Omit<FixedReplica, 'host'> & {readonly decided: boolean};

/**
 * Who takes what on which host while `place` searches. Unless replicas may move, one that runs already holds its
 * place until it is decided on, so that a new replica cannot push it out.
 */
export class Ledger {
  readonly #claims = new Map<HostName, Map<string, Claim>>();

  constructor(request: PlacementRequest, mayMove: boolean) {
    for (const host of request.hosts) this.#claims.set(host.name, new Map());
    for (const {host, ...fixed} of request.fixed) this.claim(host, {...fixed, decided: true});
    for (const service of mayMove ? [] : request.services) {
      for (const {replica, present} of service.replicas) {
        if (!present) continue;
        const {name, resources, ports, volumes} = service;
        this.claim(present.host, {service: name, replica, resources, ports, volumes, decided: false});
      }
    }
  }

  claim(host: HostName, claim: Claim): void {
    let claims = this.#claims.get(host);
    if (!claims) {
      claims = new Map();
      this.#claims.set(host, claims);
    }
    claims.set(key(claim), claim);
  }

  release(host: HostName, of: {readonly service: ServiceName; readonly replica: number}): void {
    this.#claims.get(host)?.delete(key(of));
  }

  on(host: HostName): readonly Claim[] {
    return [...(this.#claims.get(host)?.values() ?? [])];
  }

  decidedOn(host: HostName, service: ServiceName): number {
    return this.on(host).filter(claim => claim.decided && claim.service === service).length;
  }

  /** Hosts on which a decided replica of the service is. */
  hostsOf(service: ServiceName): readonly HostName[] {
    return [...this.#claims.keys()].filter(host => this.decidedOn(host, service) > 0).sort();
  }

  /** Hosts on which a decided replica that mounts the volume is. */
  hostsWithUsers(volume: string): readonly HostName[] {
    return [...this.#claims.keys()]
      .filter(host => this.on(host).some(claim => claim.decided && claim.volumes.includes(volume)))
      .sort();
  }

  used(host: HostName): Capacity {
    let cpu = 0;
    let memory = 0;
    for (const {resources} of this.on(host)) {
      cpu += resources.cpu ?? 0;
      memory += resources.memory ?? 0;
    }
    return {cpu, memory};
  }
}

/** Whether two ports cannot both be published on one host. No address means all of them. */
export function clash(port: PublishedPort, taken: Omit<TakenPort, 'by'>): boolean {
  if (port.protocol !== taken.protocol || port.host !== taken.port) return false;
  return everywhere(port.address) || everywhere(taken.address) || port.address === taken.address;
}

/** A claim's ports in the same form as a host's taken ports. */
export const portsOf = (claim: Pick<Claim, 'service' | 'replica' | 'ports'>): readonly TakenPort[] =>
  claim.ports.map(port => ({
    protocol: port.protocol,
    address: port.address,
    port: port.host,
    by: `${claim.service} ${claim.replica}`,
  }));

const everywhere = (address: string | undefined): boolean =>
  address === undefined || ['', '*', '0.0.0.0', '::', '[::]'].includes(address);

const key = ({service, replica}: {readonly service: ServiceName; readonly replica: number}): string =>
  `${service}/${replica}`;
