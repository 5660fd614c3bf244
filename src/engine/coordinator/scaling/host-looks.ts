import {type HostLook, lookAtFigures} from '../../figures.ts';
import type {Connection} from '../../hosts/index.ts';
import {type ReplicaUsage, usageBetween} from '../../replica-usage.ts';
import {parseSince, upstreamsSince} from '../../runtime/proxy/access-log.ts';
import type {HostName} from '../../spec/stack.ts';

/** A host that says nothing for so long is not known of in this round: others do not wait for it. Milliseconds. */
const timeoutMs = 5000;

/** What one round saw of hosts: each is asked once, whoever wants to know. */
export class HostLooks {
  readonly #connection: (host: HostName) => Connection | undefined;
  readonly #before: ReadonlyMap<HostName, HostLook>;
  readonly #proxiesBefore: ReadonlyMap<HostName, number>;
  readonly #options: {readonly signal: AbortSignal; readonly timeoutMs: number};
  readonly #looks = new Map<HostName, Promise<HostLook | undefined>>();
  readonly #proxies = new Map<HostName, Promise<ProxyLook | undefined>>();

  /** `before`: the round before this one, from which CPU and requests count. */
  constructor(
    connection: (host: HostName) => Connection | undefined,
    before: SeenHosts | undefined,
    signal: AbortSignal,
  ) {
    this.#connection = connection;
    this.#before = before?.looks ?? new Map();
    this.#proxiesBefore = before?.proxies ?? new Map();
    this.#options = {signal, timeoutMs};
  }

  /** Of one container, since the round before; undefined: not known. */
  async usage(host: HostName, container: string): Promise<ReplicaUsage | undefined> {
    const look = await this.#look(host);
    const before = this.#before.get(host);
    // One that was not there before has no CPU to speak of yet.
    if (!look || !before?.usage.has(container) || !look.states.get(container)?.running) return undefined;
    return usageBetween(before, look).get(container);
  }

  /** Requests a second of each upstream, `ADDRESS:PORT`, that a host's proxy answered since the round before. */
  async requests(host: HostName): Promise<ReadonlyMap<string, number> | undefined> {
    if (!this.#proxies.has(host)) this.#proxies.set(host, this.#askProxy(host));
    return (await this.#proxies.get(host))?.rates;
  }

  /** For the next round. */
  async seen(): Promise<SeenHosts> {
    const looks = new Map<HostName, HostLook>();
    for (const [host, look] of this.#looks) {
      const seen = await look;
      if (seen) looks.set(host, seen);
    }
    const proxies = new Map<HostName, number>();
    for (const [host, look] of this.#proxies) {
      const seen = await look;
      if (seen) proxies.set(host, seen.now);
    }
    return {looks, proxies};
  }

  #look(host: HostName): Promise<HostLook | undefined> {
    const known = this.#looks.get(host);
    if (known) return known;
    const connection = this.#connection(host);
    const look = connection
      ? lookAtFigures(connection, this.#options).catch(() => undefined)
      : Promise.resolve(undefined);
    this.#looks.set(host, look);
    return look;
  }

  async #askProxy(host: HostName): Promise<ProxyLook | undefined> {
    const connection = this.#connection(host);
    if (!connection) return undefined;
    const since = this.#proxiesBefore.get(host);
    try {
      const {stdout} = await connection.run(upstreamsSince(since), this.#options);
      const {now, requests} = parseSince(stdout);
      // A clock that was set back says nothing this time.
      if (since === undefined || now <= since) return {now};
      return {now, rates: new Map([...requests].map(([upstream, count]) => [upstream, count / (now - since)]))};
    } catch {
      return undefined;
    }
  }
}

export interface SeenHosts {
  readonly looks: ReadonlyMap<HostName, HostLook>;
  /** Seconds since 1970 by each host's own clock. */
  readonly proxies: ReadonlyMap<HostName, number>;
}

interface ProxyLook {
  readonly now: number;
  /** Absent at the first look. */
  readonly rates?: ReadonlyMap<string, number>;
}
