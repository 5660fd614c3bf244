import type {ProxyRoutes, Upstream, UpstreamFigures} from '../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import type {HostName} from '../spec/stack.ts';

/** What the executor can do to the proxies of hosts, each idempotent, each naming its host in what it throws. */
export interface ProxyActions {
  /** Makes a host's proxy what it is to be; absent: takes it away, unless an environment has routes there. */
  ensureProxy(host: HostName, proxy: ProxySpec | undefined): Promise<void>;
  /**
   * Puts an environment's routes in place of those it has on this host; none at all takes its slice away. Resolves when
   * the proxy serves them. Errors: OutsideError `proxy-refused` with what Caddy says, the old routes left as they were.
   */
  writeRoutes(host: HostName, routes: ProxyRoutes): Promise<void>;
  /** Requests that these upstreams are serving through this host's proxy. 0 where no proxy runs. */
  inFlight(host: HostName, upstreams: readonly Upstream[]): Promise<number>;
  /** What the access log says of these upstreams since a time (milliseconds since the epoch, by the host's clock). */
  upstreamFigures(host: HostName, upstreams: readonly Upstream[], sinceMs: number): Promise<readonly UpstreamFigures[]>;
}
