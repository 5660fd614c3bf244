import {createHash} from 'node:crypto';
import {argv, type Command, script} from '../../hosts/command.ts';
import * as paths from '../paths.ts';
import type {ProxyRoutes, Upstream} from './proxy-routes.ts';
import type {ProxySpec} from './proxy-spec.ts';

/** What the proxy's files were like when a configuration was made of them: it holds only as long as they are. */
export interface Basis {
  /** Of all of them, as sha256sum prints it. */
  readonly sum: string;
}

/** What stands in a proxy's files. */
export interface ProxyFiles {
  readonly proxy?: ProxySpec;
  readonly slices: readonly ProxyRoutes[];
}

/** Prints the proxy's files, each a JSON in a line, its own first. Changes nothing. */
export const printProxyFiles = `cat ${paths.proxyPath} ${paths.proxyRoutesFolder}/*.json 2>/dev/null`;

export const proxyFiles: Command = script(`${printProxyFiles} || :`);

/** Reads what `proxyFiles` printed; a line that is cut short is none. */
export function parseProxyFiles(lines: readonly string[]): ProxyFiles {
  const values = lines.flatMap((line): (ProxySpec | ProxyRoutes)[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const proxy = values.find((value): value is ProxySpec => 'source' in value);
  return {...(proxy && {proxy}), slices: values.filter((value): value is ProxyRoutes => 'routes' in value)};
}

/** What a script holds the files against: of each file the whole is printed, so their text has the same sum. */
export const basisOf = (printed: string): Basis => ({
  sum: `${createHash('sha256').update(printed).digest('hex')}  -`,
});

/** The text of the files, as they are written. */
export const proxyFilesText = ({proxy, slices}: ProxyFiles): string =>
  [...(proxy ? [proxy] : []), ...slices].map(file => `${JSON.stringify(file)}\n`).join('');

/** How many requests each upstream serves now (Caddy's admin API). Exit 7: no proxy runs. */
export const requestsInFlight: Command = argv(
  `${paths.toolkit}/caddy-admin`,
  paths.proxySocketPath,
  'GET',
  '/reverse_proxy/upstreams',
);

/** Sums up what `requestsInFlight` printed for some upstreams. */
export function parseInFlight(stdout: string, upstreams: readonly Upstream[]): number {
  const wanted = new Set(upstreams.map(({address, port}) => `${address}:${port}`));
  const all = JSON.parse(stdout || '[]') as readonly {readonly address: string; readonly num_requests: number}[];
  return all.filter(({address}) => wanted.has(address)).reduce((sum, one) => sum + one.num_requests, 0);
}
