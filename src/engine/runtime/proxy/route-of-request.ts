import {bySpecificity} from '../../spec/route.ts';
import type {AccessLine} from './access-log.ts';
import type {ProxyRoute, ProxyRoutes} from './proxy-routes.ts';

/** A route of a proxy, and whose it is. */
export interface OwnedRoute {
  readonly slice: ProxyRoutes;
  readonly route: ProxyRoute;
}

/** All routes of a proxy in the order in which Caddy tries them. */
export const inTryingOrder = (slices: readonly ProxyRoutes[]): readonly OwnedRoute[] =>
  slices.flatMap(slice => slice.routes.map(route => ({slice, route}))).sort((a, b) => bySpecificity(a.route, b.route));

/** The route that a request was for, by `inTryingOrder`; undefined where no route has its name and path. */
export function routeOfRequest(
  routes: readonly OwnedRoute[],
  {host, uri, secure}: Pick<AccessLine, 'host' | 'uri' | 'secure'>,
): OwnedRoute | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const path = pathOf(uri);
  return routes.find(
    ({route}) => (!secure || route.tls.kind !== 'off') && hasName(route, name) && hasPath(route, path),
  );
}

const hasName = ({host}: ProxyRoute, name: string): boolean =>
  host === undefined || host === name || (host.startsWith('*.') && host.slice(1) === name.replace(/^[^.]+/, ''));

// Caddy compares paths without regard to upper and lower case.
function hasPath({path}: ProxyRoute, asked: string): boolean {
  const own = path.toLowerCase();
  return own === '/' || asked === own || asked.startsWith(`${own}/`);
}

function pathOf(uri: string): string {
  const path = uri.replace(/[?#].*$/s, '').replaceAll(/\/{2,}/g, '/');
  try {
    return decodeURIComponent(path).toLowerCase();
  } catch {
    return path.toLowerCase();
  }
}
