import type {AddressInfo} from 'node:net';
import type {Server as TlsServer} from 'node:tls';
import type {FastifyBaseLogger} from 'fastify';
import {type AccessRules, defaultAccessRules} from '../coordinator/access/index.ts';
import type {Coordinator} from '../coordinator/coordinator.ts';
import {openReception, type Reception} from '../coordinator/requests/reception.ts';
import type {SettingsNow} from '../coordinator/requests/settings-now.ts';
import {UserError} from '../spec/errors.ts';
import {type PrometheusMeasures, prometheusMeasures} from '../telemetry/metrics/index.ts';
import {noTracing, type Tracing} from '../telemetry/tracing/index.ts';
import {type ApiSettings, defaultApiSettings} from './api-settings.ts';
import {type ApiMetrics, apiMetrics} from './metrics/api-metrics.ts';
import type {Tls} from './read-tls.ts';
import {apiServer} from './server.ts';

export interface ApiWish {
  readonly coordinator: Coordinator;
  readonly listen: {readonly host: string; readonly port: number};
  readonly log: FastifyBaseLogger;
  readonly version: string;
  readonly settings?: Partial<ApiSettings>;
  /** Those of the coordinator; its own when absent. */
  readonly measures?: PrometheusMeasures;
  /** Who may come in, and how often. */
  readonly rules?: AccessRules;
  /** Where spans go; nowhere when absent. */
  readonly tracing?: Tracing;
  /** Absent: HTTP without TLS. */
  readonly tls?: Tls;
  /** What the process was started with, and how to read it again. */
  readonly settingsNow?: SettingsNow;
}

export interface RunningApi {
  /** `http://127.0.0.1:8460`. */
  readonly address: string;
  /** For other ways in, so that limits hold over all of them together. */
  readonly reception: Reception;
  /** For other ways in, too. */
  readonly metrics: ApiMetrics;
  /** New connections get these from now on; nothing without TLS. */
  renewTls(tls: Tls): void;
  /**
   * Takes no new requests, ends streams with their reason, lets requests in flight end; cuts off what has not ended
   * after so many milliseconds. May be called twice.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** Serves the API of a coordinator in this process. Errors: UserError `cannot-listen`. */
export async function startApi(wish: ApiWish): Promise<RunningApi> {
  const {coordinator, listen, log, version, settings, tls, measures, rules = defaultAccessRules} = wish;
  const {settingsNow, tracing = noTracing} = wish;
  const all = {...defaultApiSettings, ...settings};
  const stopping = new AbortController();
  const metrics = apiMetrics(coordinator, measures ?? prometheusMeasures({version, most: all.customersInMetrics}));
  await metrics.begin();
  const {throttled, submitted} = metrics;
  const reception = openReception({coordinator, rules, throttled, submitted, costs: all.costs, settingsNow});
  const parts = {...reception, settings: all, log, metrics, tracing, stopping: stopping.signal};
  const server = await apiServer(parts, version, tls);
  try {
    await server.listen(listen);
  } catch (cause) {
    await server.close();
    const message = `cannot listen on ${listen.host}:${listen.port}: ${(cause as Error).message}`;
    throw new UserError({code: 'cannot-listen', message, hint: 'Choose another address with --listen.', cause});
  }
  let stopped: Promise<void> | undefined;
  return {
    address: addressOf(server.server.address() as AddressInfo, tls !== undefined),
    reception,
    metrics,
    renewTls: renewed => {
      if (tls) (server.server as unknown as TlsServer).setSecureContext(renewed);
    },
    stop: deadlineMs => {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };

  async function stop(deadlineMs: number): Promise<void> {
    stopping.abort('the coordinator stops');
    const cut = setTimeout(() => server.server.closeAllConnections(), deadlineMs);
    // A connection whose request was under way becomes idle later, and would be kept for the next one.
    const idle = setInterval(() => server.server.closeIdleConnections(), 20);
    try {
      await server.close();
    } finally {
      clearTimeout(cut);
      clearInterval(idle);
    }
  }
}

const addressOf = ({address, family, port}: AddressInfo, secure: boolean): string =>
  `${secure ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
