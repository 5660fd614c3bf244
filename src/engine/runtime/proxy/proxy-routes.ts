import type {Route} from '../../spec/route.ts';
import type {EnvironmentName, ServiceName} from '../../spec/stack.ts';
import type {ContainerId} from '../container-spec.ts';

/** What one environment asks of a host's proxy; kept on the host as /var/lib/niyanta/proxy/routes/PROJECT.STACK.ENV.json. */
export interface ProxyRoutes {
  readonly project: string;
  readonly stack: string;
  readonly environment: EnvironmentName;
  readonly routes: readonly ProxyRoute[];
  /** Get nothing new; Caddy goes on counting the requests that they are serving. Left over when those are done. */
  readonly leaving?: readonly Pick<Upstream, 'address' | 'port'>[];
  /** Fingerprints of the secrets that the routes refer to: name → short salted hash. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** A route of the stack with who answers it now. */
export interface ProxyRoute extends Route {
  readonly upstreams: readonly Upstream[];
}

/** A replica that answers. */
export interface Upstream {
  readonly id: ContainerId;
  readonly service: ServiceName;
  readonly address: string;
  readonly port: number;
  /** 0–100, beside those of the other upstreams; 0 gets nothing. */
  readonly weight: number;
}

/** What the access log says of one upstream. */
export interface UpstreamFigures {
  readonly address: string;
  readonly port: number;
  readonly requests: number;
  /** Answers with a status of 500 or more, and none at all. */
  readonly errors: number;
  /** Milliseconds in which 95 of 100 were answered. */
  readonly p95Ms: number;
}
