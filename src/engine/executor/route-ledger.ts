import {type Split, weightsOf} from '../planner/split-weights.ts';
import type {ProxyRoutes, Upstream} from '../runtime/proxy/proxy-routes.ts';
import type {HostName} from '../spec/stack.ts';
import type {Peer} from './actions.ts';
import {LatestWrites} from './latest-writes.ts';
import type {ProxyActions} from './proxy-actions.ts';

/** What an environment's routes are on one host's proxy. */
export interface StandingRoutes {
  readonly host: HostName;
  readonly routes: ProxyRoutes;
}

export type RouteActions = Pick<ProxyActions, 'writeRoutes' | 'inFlight'>;

/** How requests under way are waited for. */
export interface Draining {
  /** The most that is waited for requests to a service, in milliseconds. */
  readonly mostMs: (service: string) => number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Keeps a visitor with a side of a release. */
const releaseCookie = 'niyanta-release';
/**
 * When a proxy is asked whether requests are still under way: first after what one that has just come in may take to be
 * counted, then less and less often, since each time costs the host a process. Milliseconds.
 */
const askAfterMs = {first: 100, most: 1000};
/**
 * How long a proxy is left alone after a change: each makes it close idle connections, so that replicas that come and go within
 * a moment are told together.
 */
const restMs = 250;

/**
 * Who answers requests that come by the proxies while a plan runs: on every host whose proxy has routes of the
 * environment. Each write is acknowledged by the proxy before it resolves.
 */
export class RouteLedger {
  readonly #actions: RouteActions;
  readonly #draining: Draining;
  /** Of a container of the environment. */
  readonly #hostOf: (id: string) => HostName | undefined;
  readonly #members = new Map<string, Peer>();
  /** Get nothing new, and are not known to be done with what they had. */
  readonly #leaving = new Map<string, Peer>();
  readonly #standing = new Map<HostName, ProxyRoutes>();
  readonly #splits = new Map<string, Split>();
  readonly #writes: LatestWrites;

  constructor(
    actions: RouteActions,
    from: {
      readonly standing: readonly StandingRoutes[];
      readonly members: readonly Peer[];
      readonly splits: readonly Split[];
    },
    draining: Draining,
    hostOf: (id: string) => HostName | undefined,
  ) {
    this.#hostOf = hostOf;
    this.#actions = actions;
    this.#draining = draining;
    for (const {host, routes} of from.standing) this.#standing.set(host, routes);
    for (const member of from.members) this.#members.set(member.id, member);
    for (const split of from.splits) this.#splits.set(split.service, split);
    const {now, sleep} = draining;
    this.#writes = new LatestWrites(
      async host => {
        const routes = this.#standing.get(host);
        if (routes) await this.#actions.writeRoutes(host, this.#withUpstreams(host, routes));
      },
      {ms: restMs, now, sleep},
    );
  }

  /** The hosts whose proxies have routes. */
  hosts(): readonly HostName[] {
    return [...this.#standing.keys()];
  }

  /** Whether any proxy has a route to a service. */
  leadsTo(service: string): boolean {
    return this.#hostsOf([service]).length > 0;
  }

  /** Gives a host's proxy other routes, with those who answer now. */
  define(host: HostName, routes: ProxyRoutes): Promise<void> {
    this.#standing.set(host, routes);
    return this.#writes.to(host);
  }

  /** Resolves when every proxy sends requests to it. Rejects with what the first host that failed says. */
  join(peer: Peer): Promise<void> {
    this.#add(peer);
    return this.#everywhereOf([peer.service]);
  }

  /** Resolves when every proxy sends requests to it in place of these, whose requests under way go on. */
  replace(peer: Peer, ids: readonly string[]): Promise<void> {
    const replaced = ids.flatMap(id => this.#members.get(id) ?? []);
    for (const one of replaced) this.#remove(one);
    this.#add(peer);
    return this.#everywhereOf([...new Set([peer, ...replaced].map(({service}) => service))]);
  }

  /** Healthy, and beside the others: gets what its service's split gives it, from the next write on. */
  standBy(peer: Peer): void {
    this.#add(peer);
  }

  /** Resolves when no proxy sends it anything new, and what it was serving is done or was waited for long enough. */
  async leave(id: string): Promise<void> {
    const peer = this.#members.get(id) ?? this.#leaving.get(id);
    if (!peer) return;
    if (this.#members.has(id)) {
      this.#remove(peer);
      await this.#everywhereOf([peer.service]);
    }
    await this.drain([peer]);
    this.#leaving.delete(id);
  }

  /** Leaves out those of a lost host, where another replica of their service stands on another host. */
  forget(host: HostName): Promise<void> {
    this.#standing.delete(host);
    const here = (id: string) => this.#hostOf(id) === host;
    const others = [...this.#members.values()].filter(({id}) => !here(id)).map(({service}) => service);
    const gone = [...this.#members.values()].filter(({id, service}) => here(id) && others.includes(service));
    for (const {id} of gone) this.#members.delete(id);
    return this.#everywhereOf([...new Set(gone.map(({service}) => service))]);
  }

  /** Waits until none of them serves a request through any proxy, or as long as their services are waited for. */
  async drain(peers: readonly Peer[]): Promise<void> {
    const services = [...new Set(peers.map(({service}) => service))];
    const most = Math.max(0, ...services.map(this.#draining.mostMs));
    const until = this.#draining.now() + most;
    if (most === 0 || this.#hostsOf(services).length === 0) return;
    for (
      let next = Math.min(askAfterMs.first, most);
      ;
      next = Math.min(2 * next, askAfterMs.most, until - this.#draining.now())
    ) {
      await this.#draining.sleep(next);
      const counts = await Promise.all(
        // A proxy that cannot be asked may be serving some: then it is waited for as long as is allowed.
        this.#hostsOf(services).map(host =>
          this.#actions.inFlight(host, this.#upstreamsOn(host, peers)).catch(() => Number.POSITIVE_INFINITY),
        ),
      );
      if (counts.every(count => count === 0) || this.#draining.now() >= until) return;
    }
  }

  /** Notes how a service is split, from the next write on. */
  setSplit(split: Split): void {
    this.#splits.set(split.service, split);
  }

  /** Splits services anew, on all proxies or on none. */
  resplit(splits: readonly Split[]): Promise<void> {
    return this.#onAll(
      splits.map(({service}) => service),
      () => {
        for (const split of splits) this.#splits.set(split.service, split);
      },
    );
  }

  /** Puts members in place of others, on all proxies or on none; their services are split as told, or not at all. */
  swap(from: readonly Peer[], to: readonly Peer[], splits: readonly Split[] = []): Promise<void> {
    const services = [...new Set([...from, ...to].map(({service}) => service))];
    return this.#onAll(services, () => {
      for (const peer of from) this.#remove(peer);
      for (const peer of to) this.#add(peer);
      for (const service of services) this.#splits.delete(service);
      for (const split of splits) this.#splits.set(split.service, split);
    });
  }

  /**
   * Changes what services have and writes it to all proxies. When one does not acknowledge, all get back what they had:
   * also that one, since its acknowledgement may have been lost on the way. Rejects with what it said.
   */
  async #onAll(services: readonly string[], change: () => void): Promise<void> {
    const members = [...this.#members.values()].filter(({service}) => services.includes(service));
    const splits = services.flatMap(service => this.#splits.get(service) ?? []);
    change();
    const hosts = this.#hostsOf(services);
    const ends = await Promise.allSettled(hosts.map(host => this.#writes.to(host)));
    const failed = ends.find(end => end.status === 'rejected');
    if (!failed) return;
    for (const peer of [...this.#members.values()]) if (services.includes(peer.service)) this.#remove(peer);
    for (const member of members) this.#add(member);
    for (const service of services) this.#splits.delete(service);
    for (const split of splits) this.#splits.set(split.service, split);
    await Promise.allSettled(hosts.map(host => this.#writes.to(host)));
    throw failed.reason;
  }

  /** Containers of a service that a proxy could send requests to. */
  upstreamsOn(host: HostName, ids: ReadonlySet<string>): readonly Upstream[] {
    return this.#upstreamsOn(
      host,
      [...this.#members.values()].filter(({id}) => ids.has(id)),
    );
  }

  #upstreamsOn(host: HostName, peers: readonly Peer[]): readonly Upstream[] {
    const ports = new Map<string, Upstream>();
    for (const {service, port} of this.#standing.get(host)?.routes ?? []) {
      for (const {id, address, service: of} of peers)
        if (of === service) ports.set(`${id}:${port}`, {id, service, address, port, weight: 0});
    }
    return [...ports.values()];
  }

  #add(peer: Peer): void {
    this.#leaving.delete(peer.id);
    this.#members.set(peer.id, peer);
  }

  #remove(peer: Peer): void {
    this.#members.delete(peer.id);
    this.#leaving.set(peer.id, peer);
  }

  #withUpstreams(host: HostName, {leaving: _, ...routes}: ProxyRoutes): ProxyRoutes {
    const leaving = this.#upstreamsOn(host, [...this.#leaving.values()]).map(({address, port}) => ({address, port}));
    const members = [...this.#members.values()].sort((a, b) => a.replica - b.replica || (a.id < b.id ? -1 : 1));
    return {
      ...routes,
      ...(leaving.length > 0 && {leaving}),
      routes: routes.routes.map(route => {
        const {service, port} = route;
        const mine = members.filter(member => member.service === service);
        const split = this.#splits.get(service);
        const weights = weightsOf(
          mine.map(({id}) => id),
          split,
        );
        const upstreams = mine.flatMap(({id, address}): Upstream[] => {
          const weight = weights.get(id);
          return weight === undefined ? [] : [{id, service, address, port, weight}];
        });
        const {sticky: written, ...rest} = route;
        // A cookie of a release stays no longer than its split.
        const own = written?.cookie === releaseCookie ? undefined : written;
        const sticky = own ?? (split?.sticky ? {cookie: releaseCookie} : undefined);
        return {...rest, ...(sticky && {sticky}), upstreams};
      }),
    };
  }

  #hostsOf(services: readonly string[]): readonly HostName[] {
    return [...this.#standing].flatMap(([host, {routes}]) =>
      routes.some(({service}) => services.includes(service)) ? [host] : [],
    );
  }

  #everywhereOf(services: readonly string[]): Promise<void> {
    return this.#writes.toAll(this.#hostsOf(services));
  }
}
