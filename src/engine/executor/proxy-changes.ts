import type {HostScript} from '../runtime/containers/host-script.ts';
import {caddyConfig, certificatePaths, clashOf, sliceName} from '../runtime/proxy/caddy-config.ts';
import type {ProxyRoutes} from '../runtime/proxy/proxy-routes.ts';
import {makeProxy, removeProxy, writeSlice} from '../runtime/proxy/proxy-scripts.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import type {Basis, ProxyFiles} from '../runtime/proxy/read-proxy.ts';
import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {resolveSecrets} from '../state/secret-references.ts';
import type {SecretValue} from '../state/secret-value.ts';

/** Makes a change of a proxy of its files as they are; undefined where there is nothing to do. */
export type ProxyChange = (files: ProxyFiles, basis: Basis) => HostScript | undefined;

/** A proxy as it is to be, with the routes that stand in its files; without one, it is taken away if nobody has routes. */
export const proxyChange =
  (proxy: ProxySpec | undefined): ProxyChange =>
  ({slices}, basis) => {
    if (proxy) return makeProxy(basis, proxy, caddyConfig(proxy, slices));
    return slices.length > 0 ? undefined : removeProxy(basis);
  };

/**
 * An environment's routes in place of those it has, beside those of all others. `secrets` has the keys of own certificates.
 * Throws OutsideError `proxy-missing`, `route-taken`.
 */
export const routesChange =
  (host: HostName, routes: ProxyRoutes, secrets: ReadonlyMap<string, SecretValue>): ProxyChange =>
  ({proxy, slices}, basis) => {
    const empty = routes.routes.length === 0;
    if (!proxy && empty) return undefined;
    if (!proxy) {
      const message = `${host}: there is no proxy to write routes for`;
      throw new OutsideError({code: 'proxy-missing', message, hint: 'Apply again: that makes one.', host});
    }
    const name = sliceName(routes);
    const others = slices.filter(slice => sliceName(slice) !== name);
    const all = empty ? others : [...others, routes].sort((a, b) => (sliceName(a) < sliceName(b) ? -1 : 1));
    refuseClash(host, all);
    const certificates = certificatesOf(routes, secrets);
    const slice = {name, ...(!empty && {text: JSON.stringify(routes)}), certificates};
    return writeSlice(basis, slice, caddyConfig(proxy, all));
  };

/** Files of own certificates, and of their keys with the secret in place. */
function certificatesOf(slice: ProxyRoutes, secrets: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, string> {
  return new Map(
    slice.routes.flatMap(({tls}) => {
      if (tls.kind !== 'own') return [];
      const paths = certificatePaths(slice, tls);
      return [
        [paths.certificate, tls.certificate] as const,
        [paths.key, `${resolveSecrets(tls.key, secrets).trimEnd()}\n`] as const,
      ];
    }),
  );
}

/** The plan refuses it, too; another environment may have come since. */
function refuseClash(host: HostName, slices: readonly ProxyRoutes[]): void {
  const clash = clashOf(slices);
  if (!clash) return;
  throw new OutsideError({
    code: 'route-taken',
    message: `${host}: ${sliceName(clash.first)} and ${sliceName(clash.second)} both want ${clash.route}`,
    hint: 'Give one of them another host or path.',
    host,
  });
}
