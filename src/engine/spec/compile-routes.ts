import nodePath from 'node:path';
import {z} from 'zod';
import {checkShape} from './check-shape.ts';
import type {Compilation} from './compile-service.ts';
import {unreadable} from './files.ts';
import {decodeText} from './read-yaml.ts';
import {bySpecificity, type Route, type RouteTls, routeName} from './route.ts';
import {type ParsedRoute, routeSchema} from './route-schema.ts';
import type {Service, ServiceName} from './stack.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, type Path, placeAt, treeAt} from './tree.ts';

/** Where a route names the secret that holds its key. */
export const isRouteKey = (path: Path): boolean => path[0] === 'routes' && path[2] === 'tls' && path[3] === 'key';

/** The routes of a stack, the most specific first. What is wrong with them is told at its line, all at once. */
export async function compileRoutes(
  services: readonly Service[],
  names: readonly ServiceName[],
  compilation: Compilation,
): Promise<readonly Route[]> {
  const {tree, problems} = compilation;
  const written = treeAt(tree, ['routes']);
  const parsed = written && checkShape(z.array(routeSchema), written).value;
  const routes: Route[] = [];
  for (const [index, route] of (parsed ?? []).entries()) {
    const path = ['routes', index];
    const tell = (key: string, code: string, message: string, hint?: string): void =>
      problems.add(errorAt(placeAt(tree, [...path, key]), [...path, key], {code, message, hint}));
    if (!names.includes(route.service)) {
      const hint = `Services: ${names.join(', ')}.`;
      tell(
        'service',
        'unknown-service',
        `there is no service ${JSON.stringify(route.service)}${didYouMean(route.service, names)}`,
        hint,
      );
    }
    const compiled = await compileRoute(route, services, path, compilation);
    const wrong = wrongTls(compiled);
    if (wrong !== undefined) tell('tls', 'invalid-value', wrong);
    const twin = routes.find(other => routeName(other) === routeName(compiled));
    if (twin) tell('path', 'route-conflict', `${routeName(compiled)} has a route already, to ${twin.service}`);
    const other = routes.find(({host}) => host === compiled.host);
    if (other && !sameTls(other.tls, compiled.tls))
      tell(
        'tls',
        'route-conflict',
        `routes of one host have one tls; another one of ${compiled.host ?? 'no host'} differs`,
      );
    routes.push(compiled);
  }
  return routes.sort(bySpecificity);
}

async function compileRoute(
  parsed: ParsedRoute,
  services: readonly Service[],
  path: Path,
  compilation: Compilation,
): Promise<Route> {
  const {tls, health, sticky, timeouts, retries, ...rest} = parsed;
  const checked = routeHealth(
    parsed,
    services.find(({name}) => name === parsed.service),
  );
  return {
    ...rest,
    tls: await routeTls(tls ?? (parsed.host === undefined ? 'off' : 'auto'), path, compilation),
    timeouts: {
      connectMs: timeouts.connect,
      ...(timeouts.answer !== undefined && {answerMs: timeouts.answer}),
    },
    ...(checked && {health: checked}),
    retries: {forMs: retries.for, everyMs: retries.every},
    ...(sticky !== false && {sticky: {cookie: sticky === true ? 'niyanta' : sticky.cookie}}),
  };
}

/** The health of the service is that of its replicas for the proxy, too, unless the route says otherwise. */
function routeHealth({health, port}: ParsedRoute, service: Service | undefined): Route['health'] {
  if (health === false) return undefined;
  if (health) {
    return {port: health.port ?? port, path: health.path, intervalMs: health.interval, timeoutMs: health.timeout};
  }
  if (service?.health?.check.kind !== 'http') return undefined;
  const {check, intervalMs, timeoutMs} = service.health;
  return {port: check.port, path: check.path, intervalMs, timeoutMs};
}

async function routeTls(
  written: NonNullable<ParsedRoute['tls']>,
  path: Path,
  {tree, read, nameOf, problems}: Compilation,
): Promise<RouteTls> {
  if (typeof written === 'string') return {kind: written};
  const at = [...path, 'tls', 'certificate'];
  const place = placeAt(tree, at);
  const file = nodePath.resolve(place.source.directory, written.certificate);
  const pem = await problems.gather(async () => {
    const bytes = await read(file).catch((error: unknown) => {
      throw errorAt(place, at, {
        code: 'file-missing',
        message: `the certificate ${nameOf(file)}: ${unreadable(error)}`,
      });
    });
    const text = decodeText(bytes, nameOf(file));
    if (text.includes('PRIVATE KEY-----')) {
      const message = `${nameOf(file)} holds a private key, which would end up in the state`;
      throw errorAt(place, at, {
        code: 'key-in-clear',
        message,
        hint: 'Keep it as a secret: niyanta secret set NAME, and key: "${secret:NAME}".',
      });
    }
    if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(text))
      throw errorAt(place, at, {code: 'invalid-value', message: `${nameOf(file)} holds no certificate in PEM`});
    return text;
  });
  return {kind: 'own', certificate: pem ?? '', key: written.key};
}

function wrongTls({host, tls}: Route): string | undefined {
  if (tls.kind === 'off') return undefined;
  if (host === undefined) return 'needs a host: a certificate is for a name';
  return tls.kind === 'auto' && host.startsWith('*.')
    ? 'auto cannot get a certificate for all names: use internal, off or your own'
    : undefined;
}

const sameTls = (a: RouteTls, b: RouteTls): boolean => JSON.stringify(a) === JSON.stringify(b);
