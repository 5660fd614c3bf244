import * as paths from '../paths.ts';
import {caddyConfig} from './caddy-config.ts';
import type {ProxyRoutes} from './proxy-routes.ts';
import {type ProxySpec, proxyId} from './proxy-spec.ts';
import {parseProxyFiles, printProxyFiles} from './read-proxy.ts';

/** The proxy of a host, as it was found. */
export interface ObservedProxy {
  readonly spec: ProxySpec;
  readonly running: boolean;
  /** Caddy has exactly the configuration that its files ask for. */
  readonly serving: boolean;
  /** What each environment has there, of whichever project. */
  readonly slices: readonly ProxyRoutes[];
  /** `PROJECT.STACK.ENV` of those whose last change was cut short. */
  readonly pending: readonly string[];
}

/** Asks for the proxy and its state: no process where there is none. `$tasks`: containerd's. Changes nothing. */
export const observeProxy = `if [ -e ${paths.proxyPath} ]; then
${printProxyFiles}
for f in ${paths.proxyPendingFolder}/*; do [ ! -e "$f" ] || echo "pending \${f##*/}"; done
echo "$tasks" | awk '$1 == "${proxyId}" && $3 == "RUNNING" {print "running"}'
id=$(sed -n 's/.*"@id":"\\(niyanta-[0-9a-f]*\\)".*/\\1/p' ${paths.proxyConfigPath} 2>/dev/null)
[ -z "$id" ] || ! ${paths.toolkit}/caddy-admin ${paths.proxySocketPath} GET "/id/$id" >/dev/null 2>&1 || echo "serving $id"
fi`;

/** Reads what `observeProxy` printed; undefined where there is no proxy. */
export function parseProxy(lines: readonly string[]): ObservedProxy | undefined {
  const {proxy, slices} = parseProxyFiles(lines);
  if (!proxy) return undefined;
  const after = (word: string): string[] =>
    lines.filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1));
  return {
    spec: proxy,
    running: lines.includes('running'),
    // Another version of niyanta may have made another configuration of the same files.
    serving: after('serving')[0] === caddyConfig(proxy, slices).id,
    slices,
    pending: after('pending'),
  };
}
