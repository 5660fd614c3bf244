import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../hosts/connection.ts';
import {mustRun} from '../hosts/must-run.ts';
import type {FencedHost} from '../runtime/fenced-host.ts';
import {parseFigures, upstreamFigures} from '../runtime/proxy/access-log.ts';
import {basisMoved, configRefused} from '../runtime/proxy/proxy-scripts.ts';
import {basisOf, parseInFlight, parseProxyFiles, proxyFiles, requestsInFlight} from '../runtime/proxy/read-proxy.ts';
import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {SecretValue} from '../state/secret-value.ts';
import type {ProxyActions} from './proxy-actions.ts';
import {type ProxyChange, proxyChange, routesChange} from './proxy-changes.ts';

export interface ProxyActionsOptions {
  readonly connection: (host: HostName) => Connection;
  readonly changing: (host: HostName) => FencedHost;
  readonly secrets: ReadonlyMap<string, SecretValue>;
}

/** Another environment's change came in between so often that something else must be wrong. */
const mostTries = 30;

/** A proxy that says nothing for so long keeps nobody waiting beyond what is allowed for its answer. */
const askTimeoutMs = 5000;

/** Does what proxies are asked for, on real hosts. */
export function proxyActions({connection, changing, secrets}: ProxyActionsOptions): ProxyActions {
  /** Makes a script of the files as they are; whoever was slower reads them again. */
  const change = async (host: HostName, script: ProxyChange): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const {stdout} = await mustRun(connection(host), proxyFiles, {what: "read the proxy's files"});
      const made = script(parseProxyFiles(stdout.split('\n')), basisOf(stdout));
      if (!made) return;
      try {
        await changing(host).script(made, {timeoutMs: 120_000});
        return;
      } catch (error) {
        const code = error instanceof OutsideError ? error.exitCode : undefined;
        if (code === configRefused) throw refused(host, error as OutsideError);
        if (code !== basisMoved || tries === mostTries) throw error;
        await sleep(20 * tries);
      }
    }
  };
  return {
    ensureProxy: (host, proxy) => change(host, proxyChange(proxy)),
    writeRoutes: (host, routes) => change(host, routesChange(host, routes, secrets)),
    async inFlight(host, upstreams) {
      const output = await connection(host).run(requestsInFlight, {timeoutMs: askTimeoutMs});
      return output.code === 0 ? parseInFlight(output.stdout, upstreams) : 0;
    },
    async upstreamFigures(host, upstreams, sinceMs) {
      const {stdout} = await mustRun(connection(host), upstreamFigures(sinceMs), {what: 'read the access log'});
      return parseFigures(stdout, upstreams);
    },
  };
}

const refused = (host: HostName, {lastLines}: OutsideError): OutsideError =>
  new OutsideError({
    code: 'proxy-refused',
    message: `${host}: Caddy refused the configuration: ${lastLines?.at(-1) ?? 'it does not say why'}`,
    hint: 'What it served before goes on. See which version it is: niyanta route ls --json; 2.6 or later is needed.',
    host,
    lastLines,
  });
