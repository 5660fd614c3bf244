import type {HostName} from '../spec/stack.ts';
import type {ReleaseMember} from '../state/lock-file.ts';
import type {Peer} from './actions.ts';
import type {Listed, NameLedger} from './name-ledger.ts';
import type {RouteLedger} from './route-ledger.ts';

/** Both sides of a switch: who gets requests afterwards, in place of whom. */
export interface Sides {
  readonly to: readonly ReleaseMember[];
  readonly from: readonly ReleaseMember[];
}

/** Who is sent to whom while a plan runs: by name inside the network, by routes from outside. */
export class Traffic {
  readonly #names: NameLedger;
  readonly routes: RouteLedger;

  /** Wait for a switch, also after they were stopped and started again meanwhile. */
  readonly #waiting: Set<string>;

  constructor(names: NameLedger, routes: RouteLedger, waiting: Iterable<string> = []) {
    this.#names = names;
    this.routes = routes;
    this.#waiting = new Set(waiting);
  }

  peers(): readonly Peer[] {
    return this.#names.peers();
  }

  /** As `NameLedger.arrive`. */
  arrive(host: HostName, peer: Peer): readonly Peer[] {
    return this.#names.arrive(host, peer);
  }

  /** As `NameLedger.return`. */
  return(host: HostName, peer: Peer): Promise<void> {
    return this.#names.return(host, peer);
  }

  /** Rewrites the names on a host. */
  refresh(host: HostName): Promise<void> {
    return this.#names.refresh(host);
  }

  /** Resolves when every container and every proxy sends to it. */
  async join(host: HostName, peer: Peer): Promise<void> {
    const named = this.#waiting.has(peer.id) ? this.#names.return(host, peer) : this.#names.join(host, peer);
    await Promise.all([named, this.routes.join(peer)]);
  }

  /**
   * Resolves when every container and every proxy sends to it in place of others of its service, who run on: by one change
   * of each proxy. What those are serving is waited for when they leave.
   */
  async replace(host: HostName, peer: Peer, ids: readonly string[]): Promise<void> {
    await Promise.all([this.#names.replace(host, peer, ids), this.routes.replace(peer, ids)]);
  }

  /** Healthy, it waits for a switch; until then nobody is sent to it but by the share of a canary. */
  standBy(host: HostName, peer: Peer): void {
    this.#names.arrive(host, peer);
    this.routes.standBy(peer);
  }

  /** Resolves when nobody is sent to it any more, and the requests that it was serving are done or waited for. */
  async leave(host: HostName, id: string): Promise<void> {
    const ends = await Promise.allSettled([this.#names.leave(host, id), this.routes.leave(id)]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Sends nobody to the replicas of a lost host that others can stand in for. */
  async forget(host: HostName): Promise<void> {
    await Promise.all([this.#names.forget(host), this.routes.forget(host)]);
  }

  /** Gives the new replicas of services a share of what comes by the proxies: on all of them, or on none. */
  weigh({to}: Pick<Sides, 'to'>, weight: number, sticky: boolean): Promise<void> {
    return this.routes.resplit(splitsOf(to, weight, sticky));
  }

  /** Sends everybody to one side in place of the other, on all proxies and in all names; or nobody, and rejects. */
  async switchTo(sides: Sides): Promise<void> {
    const {from, to} = sides;
    for (const {id} of to) this.#waiting.delete(id);
    await this.routes.swap(from.map(peerOf), to.map(peerOf));
    try {
      await this.#names.swap(from.map(listed), to.map(listed));
    } catch (error) {
      await Promise.allSettled([
        this.#names.swap(to.map(listed), from.map(listed)),
        this.routes.swap(to.map(peerOf), from.map(peerOf)),
      ]);
      throw error;
    }
  }

  /** Back to the old side, with the new ones beside it at a weight, as they were before `switchTo`. */
  async switchBack({from, to}: Sides, weight: number, sticky: boolean): Promise<void> {
    const splits = splitsOf(from, weight, sticky);
    await this.routes.swap([], [...to, ...from].map(peerOf), splits);
    await this.#names.swap(from.map(listed), to.map(listed));
  }
}

/** One split a service of the new ones. */
export const splitsOf = (fresh: readonly ReleaseMember[], weight: number, sticky: boolean) =>
  [...Map.groupBy(fresh, ({service}) => service)].map(([service, members]) => ({
    service,
    fresh: new Set(members.map(({id}) => id)),
    weight,
    sticky,
  }));

export const peerOf = ({id, service, replica, address}: ReleaseMember): Peer => ({id, service, replica, address});
const listed = (member: ReleaseMember): Listed => ({host: member.host, peer: peerOf(member)});
