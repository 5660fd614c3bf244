import {bySpecificity, keySecret, type Route, routeName} from '../../spec/route.ts';
import {canonicalJson, shortHash} from '../hashes.ts';
import * as paths from '../paths.ts';
import {type CaddyValue, caddyRoute} from './caddy-route.ts';
import type {ProxyRoute, ProxyRoutes} from './proxy-routes.ts';
import type {ProxySpec} from './proxy-spec.ts';

/** The name by which scripts and Caddy's admin API know one of our logs. */
const accessLog = 'access';

/** Name of an environment's files at the proxy. */
export const sliceName = ({project, stack, environment}: Pick<ProxyRoutes, 'project' | 'stack' | 'environment'>) =>
  `${project}.${stack}.${environment}`;

/** Where a route's own certificate and key are on the host; others for another certificate or key. */
export function certificatePaths(slice: ProxyRoutes, tls: Extract<Route['tls'], {kind: 'own'}>) {
  const hash = shortHash(JSON.stringify([tls.certificate, tls.key, slice.secrets?.[keySecret(tls.key)] ?? '']));
  const path = `${paths.proxyCertificatesFolder}/${sliceName(slice)}.${hash}`;
  return {certificate: `${path}.pem`, key: `${path}.key`};
}

/** Caddy's configuration, and a name for exactly this one, under which its admin API knows it while it is in force. */
export function caddyConfig(
  proxy: ProxySpec,
  slices: readonly ProxyRoutes[],
): {readonly id: string; readonly text: string} {
  const parts = partsOf(proxy, slices);
  const id = `niyanta-${shortHash(canonicalJson(parts))}`;
  const {http, ...apps} = parts.apps;
  return {id, text: JSON.stringify({...parts, apps: {...apps, http: {'@id': id, ...http}}})};
}

function partsOf(proxy: ProxySpec, slices: readonly ProxyRoutes[]) {
  const routes = slices
    .flatMap(slice => slice.routes.map(route => ({slice, route})))
    .sort((a, b) => bySpecificity(a.route, b.route));
  const all = routes.map(({route}) => route);
  const secure = all.filter(({tls}) => tls.kind !== 'off');
  const plain = all.filter(({tls, redirect}) => tls.kind === 'off' || !redirect);
  const redirected = [...new Set(secure.filter(({redirect}) => redirect).map(({host}) => host!))];
  return {
    admin: {listen: `unix/${paths.proxySocketPath}`, origins: ['niyanta'], config: {persist: false}},
    logging: logging(proxy),
    storage: {module: 'file_system', root: `${paths.proxyFolder}/data`},
    apps: {
      http: {
        http_port: proxy.http,
        https_port: proxy.https,
        // Old connections end by themselves meanwhile; requests go on to their end.
        grace_period: 10e9,
        servers: {
          http: server(proxy.http, inOrder(plain, redirected, proxy.https), leavingOf(slices)),
          ...(secure.length > 0 && {
            https: {...server(proxy.https, secure.map(caddyRoute)), tls_connection_policies: [{}]},
          }),
        },
      },
      ...(secure.length > 0 && {tls: tls(proxy, routes)}),
      ...(all.some(({tls: {kind}}) => kind === 'internal') && {
        pki: {certificate_authorities: {local: {name: 'niyanta', install_trust: false}}},
      }),
    },
  };
}

/** Caddy forgets how many requests an upstream is serving as soon as no handler knows it: this one, behind an answer. */
function leavingOf(slices: readonly ProxyRoutes[]): readonly CaddyValue[] {
  const dials = new Set(slices.flatMap(({leaving = []}) => leaving.map(({address, port}) => `${address}:${port}`)));
  return dials.size === 0 ? [] : [{handler: 'reverse_proxy', upstreams: [...dials].map(dial => ({dial}))}];
}

const server = (port: number, routes: readonly CaddyValue[], unreached: readonly CaddyValue[] = []) => ({
  listen: [`:${port}`],
  protocols: ['h1', 'h2'],
  automatic_https: {disable: true},
  read_header_timeout: 30e9,
  logs: {default_logger_name: accessLog},
  routes: [...routes, {handle: [{handler: 'static_response', status_code: 404}, ...unreached]}],
});

/** Names that are sent to https come before routes for any name. */
function inOrder(plain: readonly ProxyRoute[], redirected: readonly string[], https: number): readonly CaddyValue[] {
  const named = [
    ...plain.map(route => ({host: route.host, path: route.path, caddy: caddyRoute(route)})),
    ...redirected.map(host => ({host, path: '/', caddy: redirect(host, https)})),
  ];
  return named.sort(bySpecificity).map(({caddy}) => caddy);
}

const redirect = (host: string, https: number): CaddyValue => ({
  match: [{host: [host]}],
  handle: [
    {
      handler: 'static_response',
      status_code: 308,
      headers: {
        Location: [`https://{http.request.host}${https === 443 ? '' : `:${https}`}{http.request.uri}`],
        Connection: ['close'],
      },
    },
  ],
  terminal: true,
});

/** Certificates of our own are read from files; the others Caddy keeps in its data folder and renews. */
function tls(proxy: ProxySpec, routes: readonly {readonly slice: ProxyRoutes; readonly route: ProxyRoute}[]) {
  const hostsWith = (kind: Route['tls']['kind']): string[] => [
    ...new Set(routes.filter(({route}) => route.tls.kind === kind).map(({route}) => route.host!)),
  ];
  const [automatic, internal] = [hostsWith('auto'), hostsWith('internal')];
  const files = new Map(
    routes.flatMap(({slice, route}) =>
      route.tls.kind === 'own' ? [[certificatePaths(slice, route.tls).key, certificatePaths(slice, route.tls)]] : [],
    ),
  );
  const {server: authority, email, ca} = proxy.acme;
  const acme = {
    module: 'acme',
    ...(authority !== undefined && {ca: authority}),
    ...(email !== undefined && {email}),
    ...(ca !== undefined && {trusted_roots_pem_files: [`${paths.proxyFolder}/acme-ca.pem`]}),
  };
  return {
    certificates: {
      ...(automatic.length + internal.length > 0 && {automate: [...automatic, ...internal]}),
      ...(files.size > 0 && {load_files: [...files.values()]}),
    },
    automation: {
      policies: [
        ...(internal.length > 0 ? [{subjects: internal, issuers: [{module: 'internal'}]}] : []),
        ...(automatic.length > 0 ? [{subjects: automatic, issuers: [acme]}] : []),
      ],
    },
  };
}

const logging = ({log}: ProxySpec) => ({
  logs: {
    // Caddy 2.6 writes each request out for the proxy handler's logger, whether it then says anything or not: a tenth of what a
    // request costs. Requests that fail are told by another logger.
    default: {level: 'WARN', exclude: ['http.log.access', 'http.handlers.reverse_proxy']},
    [accessLog]: {
      writer: {
        output: 'file',
        filename: paths.proxyAccessLogPath,
        roll_size_mb: Math.max(1, Math.round(log.size / 1024 ** 2)),
        roll_keep: log.files,
        roll_gzip: false,
      },
      encoder: {format: 'json'},
      include: [`http.log.access.${accessLog}`],
    },
  },
});

/** Two environments that want the same name and path, if any do: only one could have it. */
export function clashOf(
  slices: readonly ProxyRoutes[],
): {readonly route: string; readonly first: ProxyRoutes; readonly second: ProxyRoutes} | undefined {
  const owners = new Map<string, ProxyRoutes>();
  for (const slice of slices) {
    for (const route of slice.routes) {
      const name = routeName(route);
      const first = owners.get(name);
      if (first && first !== slice) return {route: name, first, second: slice};
      owners.set(name, slice);
    }
  }
  return undefined;
}
