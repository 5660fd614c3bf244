import type {ServiceName} from './stack.ts';

/** What a proxy does with requests for a host name and a path: a route of a stack, all defaults in. */
export interface Route {
  /** Lower case; `*.shop.example` for every name one level below; absent: any name that no other route has. */
  readonly host?: string;
  /** `/` for all; `/api` for itself and everything below it. */
  readonly path: string;
  readonly service: ServiceName;
  /** Port of the container. */
  readonly port: number;
  readonly tls: RouteTls;
  /** Plain http is answered with a redirect to https. */
  readonly redirect: boolean;
  /** The service sees the request without `path`. */
  readonly stripPath: boolean;
  /** Bytes of a request's body; larger ones are answered with 413. */
  readonly maxBody?: number;
  readonly timeouts: {
    /** Until a replica takes the connection. */
    readonly connectMs: number;
    /** Until the first byte of its answer; absent: as long as it takes. */
    readonly answerMs?: number;
  };
  /** How the proxy itself finds out which replicas answer; absent: only by requests that fail. */
  readonly health?: RouteHealth;
  /** How long another replica is tried for a request that could not be handed to one; 0: not at all. */
  readonly retries: {readonly forMs: number; readonly everyMs: number};
  /** Requests with this cookie go to the replica that answered first. */
  readonly sticky?: {readonly cookie: string};
}

export type RouteTls =
  | {readonly kind: 'off'}
  /** Certificates by ACME. */
  | {readonly kind: 'auto'}
  /** Certificates of the proxy's own authority, which nobody else trusts. */
  | {readonly kind: 'internal'}
  /** PEM, the certificate first, then its chain; the key holds `${secret:NAME}`. */
  | {readonly kind: 'own'; readonly certificate: string; readonly key: string};

export interface RouteHealth {
  readonly port: number;
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What a route answers for, as people say it: `shop.example/api`, `/` where any name will do. */
export const routeName = ({host, path}: Pick<Route, 'host' | 'path'>): string =>
  host === undefined ? path : `${host}${path === '/' ? '' : path}`;

/** Names before patterns of names before any name; then the longest path. */
export function bySpecificity(a: Pick<Route, 'host' | 'path'>, b: Pick<Route, 'host' | 'path'>): number {
  return (
    rank(a.host) - rank(b.host) ||
    (a.host ?? '').localeCompare(b.host ?? '', 'en') ||
    b.path.length - a.path.length ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}

const rank = (host: string | undefined): number => (host === undefined ? 2 : host.startsWith('*.') ? 1 : 0);

/** The secret that holds the key of an own certificate: `${secret:shop_key}` → `shop_key`. */
export const keySecret = (key: string): string => key.replace(/^\$\{secret:|\}$/g, '');
