import type {ProxyRoute, Upstream} from './proxy-routes.ts';

/** A value of Caddy's JSON configuration. */
export type CaddyValue =
  | string
  | number
  | boolean
  | readonly CaddyValue[]
  | {readonly [key: string]: CaddyValue | undefined};

/** The route of Caddy that serves a route: matcher, limits, and who answers. Pure. */
export function caddyRoute(route: ProxyRoute): CaddyValue {
  const {host, path} = route;
  const match = {
    ...(host !== undefined && {host: [host]}),
    ...(path !== '/' && {path: [path, `${path}/*`]}),
  };
  return {
    ...(Object.keys(match).length > 0 && {match: [match]}),
    handle: [{handler: 'subroute', routes: [...bodyLimit(route), {handle: handlers(route)}], ...lastResort(route)}],
    terminal: true,
  };
}

/**
 * Where all replicas look ill, one is asked all the same. Caddy 2.6 needs it: a new configuration cuts the checks short that
 * are under way, those count as failed, and a request that has just come by the former one would find nobody.
 */
function lastResort(route: ProxyRoute): {readonly errors?: CaddyValue} {
  if (!route.health || isUnanswered(route)) return {};
  const nobody = {match: [{vars: {'{http.error.status_code}': ['503']}}]};
  const same = {handler: 'error', status_code: '{http.error.status_code}', error: '{http.error.message}'};
  return {
    errors: {
      routes: [{...nobody, handle: [reverseProxy(route, {})], terminal: true}, {handle: [same]}],
    },
  };
}

const isUnanswered = ({upstreams}: ProxyRoute): boolean => upstreams.every(({weight}) => weight === 0);

function handlers(route: ProxyRoute): readonly CaddyValue[] {
  return [
    // The access log of Caddy 2.6 has no field for who answered; the one for the user is free, since nobody logs in.
    {
      handler: 'map',
      source: '{http.reverse_proxy.upstream.hostport}',
      destinations: ['{http.auth.user.id}'],
      mappings: [],
      defaults: ['{http.reverse_proxy.upstream.hostport}'],
    },
    ...(route.maxBody === undefined ? [] : [{handler: 'request_body', max_size: route.maxBody}]),
    ...(route.stripPath && route.path !== '/' ? [{handler: 'rewrite', strip_path_prefix: route.path}] : []),
    reverseProxy(route, healthChecks(route)),
  ];
}

/** A length that is said beforehand is refused before a replica hears of it; Caddy 2.6 would answer 502. */
function bodyLimit({maxBody}: ProxyRoute): readonly CaddyValue[] {
  if (maxBody === undefined) return [];
  const length = '{http.request.header.Content-Length}';
  return [
    {
      match: [{expression: `${length} != "" && int(${length}) > ${maxBody}`}],
      handle: [{handler: 'static_response', status_code: 413, close: true}],
      terminal: true,
    },
  ];
}

function reverseProxy(route: ProxyRoute, health_checks: CaddyValue): CaddyValue {
  const {retries, sticky, timeouts, upstreams} = route;
  if (isUnanswered(route)) return {handler: 'static_response', status_code: 503};
  const dials = inTurn(upstreams);
  return {
    handler: 'reverse_proxy',
    upstreams: dials.map(dial => ({dial})),
    transport: {
      protocol: 'http',
      dial_timeout: nanoseconds(timeouts.connectMs),
      ...(timeouts.answerMs !== undefined && {response_header_timeout: nanoseconds(timeouts.answerMs)}),
      keep_alive: {idle_timeout: nanoseconds(60_000), max_idle_conns_per_host: 256},
    },
    load_balancing: {
      selection_policy: sticky ? {policy: 'cookie', name: sticky.cookie} : {policy: 'round_robin'},
      ...(retries.forMs > 0 && {
        try_duration: nanoseconds(retries.forMs),
        try_interval: nanoseconds(retries.everyMs),
        // What never reached a replica is tried again in any case; of what did, only what may be done twice.
        retry_match: [{method: ['GET', 'HEAD', 'OPTIONS']}],
      }),
    },
    health_checks,
    // No flush_interval: with -1 Caddy 2.6 breaks off at every reload what it is answering. Events and answers without a
    // length go on as they come all the same.
  };
}

function healthChecks({health, retries, upstreams}: ProxyRoute): CaddyValue {
  return {
    ...(health && {
      active: {
        uri: health.path,
        port: health.port,
        interval: nanoseconds(health.intervalMs),
        timeout: nanoseconds(health.timeoutMs),
      },
    }),
    // One that takes no connection is left alone for a while, if there is another.
    ...(new Set(inTurn(upstreams)).size > 1 &&
      retries.forMs > 0 && {passive: {fail_duration: nanoseconds(2000), max_fails: 1}}),
  };
}

/**
 * Upstreams as often as their weights ask, spread evenly, so that round robin gives each its share (Caddy 2.6 has no
 * weights of its own): at each step the one that is furthest behind.
 */
export function inTurn(upstreams: readonly Upstream[]): readonly string[] {
  const used = upstreams.filter(({weight}) => weight > 0);
  const divisor = used.map(({weight}) => weight).reduce(greatestCommonDivisor, 0);
  const shares = used.map(({address, port, weight}) => ({dial: `${address}:${port}`, share: weight / divisor, due: 0}));
  const total = shares.reduce((sum, {share}) => sum + share, 0);
  return Array.from({length: total}, () => {
    for (const one of shares) one.due += one.share;
    const next = shares.reduce((first, one) => (one.due > first.due ? one : first));
    next.due -= total;
    return next.dial;
  });
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

const nanoseconds = (ms: number): number => ms * 1e6;
