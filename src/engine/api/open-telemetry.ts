import {setTimeout as sleep} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {Coordinator} from '../coordinator/coordinator.ts';
import {tellHostFigures} from '../coordinator/observing/host-figures.ts';
import {shipWorkloadLogs} from '../coordinator/observing/ship-workload-logs.ts';
import {traceWorkloads} from '../coordinator/observing/trace-workloads.ts';
import type {WorkerPool} from '../coordinator/workers/worker-pool.ts';
import type {ServerSettings} from '../spec/server/server-settings.ts';
import {resolveSecrets, secretNames} from '../state/secret-references.ts';
import type {SecretValue} from '../state/secret-value.ts';
import {elasticsearchTarget} from '../telemetry/logs/elasticsearch.ts';
import type {LogOutlet} from '../telemetry/logs/log-outlet.ts';
import {lokiTarget} from '../telemetry/logs/loki.ts';
import {LogShipper, type LogTarget} from '../telemetry/logs/shipper.ts';
import {type PrometheusMeasures, prometheusMeasures} from '../telemetry/metrics/index.ts';
import type {Tracing} from '../telemetry/tracing/index.ts';
import {openTracing} from '../telemetry/tracing/open-tracing.ts';

export interface TelemetryWish {
  readonly settings: Pick<ServerSettings, 'log' | 'tracing' | 'metrics'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: {values(names: readonly string[]): Promise<ReadonlyMap<string, SecretValue>>};
  readonly version: string;
  /** Of this coordinator. */
  readonly instance: string;
  readonly customers: number;
  readonly log: Logger;
  readonly outlet?: LogOutlet;
}

/** What is seen of a process that serves, from outside: metrics, spans, lines. */
export interface Telemetry {
  readonly measures: PrometheusMeasures;
  readonly tracing: Tracing;
  /** Tells what becomes of workloads, from now on. */
  follow(coordinator: Coordinator, workers: WorkerPool): void;
  /** Follows no more; waits for what is being told, for so long at most. */
  unfollow(deadlineMs: number): Promise<void>;
  /** Sends what is left, for so long at most. */
  close(deadlineMs: number): Promise<void>;
}

/** Errors: those of looking secrets up. Nothing is sent, and nothing loaded, that no setting asks for. */
export async function openTelemetry(wish: TelemetryWish): Promise<Telemetry> {
  const {settings, version, customers, log, outlet} = wish;
  const measures = prometheusMeasures({version, most: customers});
  const tracing = await tracingOf(wish, measures);
  const shippers = (await targetsOf(wish)).map(target => shipperTo(target, wish, measures));
  const take =
    shippers.length === 0
      ? undefined
      : (record: Parameters<LogShipper['take']>[0]) => {
          for (const shipper of shippers) shipper.take(record);
        };
  outlet?.listen('warn', ({level, fields}) => measures.add('niyanta_errors_total', {level, code: codeOf(fields.err)}));
  if (take) outlet?.listen('debug', take);
  const following: (() => Promise<void>)[] = [];
  return {
    measures,
    tracing,
    follow(coordinator, workers) {
      const {hosts: everyMs} = settings.metrics;
      if (everyMs > 0) following.push(tellHostFigures({workers, store: coordinator.store, measures, everyMs}));
      if (tracing.on) following.push(traceWorkloads(coordinator, tracing, log));
      if (take && settings.log.workloads) following.push(shipWorkloadLogs({coordinator, take, log}));
    },
    async unfollow(deadlineMs) {
      const late = sleep(deadlineMs, undefined, {ref: false});
      await Promise.race([Promise.all(following.splice(0).map(stop => stop())), late]);
    },
    async close(deadlineMs) {
      await Promise.all([tracing.close(deadlineMs), ...shippers.map(shipper => shipper.close(deadlineMs))]);
    },
  };
}

const codeOf = (error: unknown): string => {
  const {code} = (error ?? {}) as {code?: unknown};
  return typeof code === 'string' && /^[A-Za-z0-9_-]{1,60}$/.test(code) ? code : 'none';
};

async function tracingOf({settings, secrets, ...wish}: TelemetryWish, measures: PrometheusMeasures): Promise<Tracing> {
  const {otlp, ratio, every: everyMs} = settings.tracing;
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(settings.tracing.headers)) headers[name] = await resolved(text, secrets);
  return openTracing({...wish, ...(otlp !== undefined && {otlp}), ratio, everyMs, headers, measures});
}

async function targetsOf({settings, secrets}: TelemetryWish): Promise<readonly LogTarget[]> {
  const {loki, elasticsearch} = settings.log;
  const basic = async ({username = '', password}: {readonly username?: string; readonly password?: string}) =>
    password === undefined
      ? {}
      : {authorization: `Basic ${Buffer.from(`${username}:${await resolved(password, secrets)}`).toString('base64')}`};
  const key = elasticsearch?.apiKey;
  return [
    ...(loki ? [lokiTarget({...loki, ...(await basic(loki))})] : []),
    ...(elasticsearch
      ? [
          elasticsearchTarget({
            ...elasticsearch,
            ...(await basic(elasticsearch)),
            ...(key !== undefined && {authorization: `ApiKey ${await resolved(key, secrets)}`}),
          }),
        ]
      : []),
  ];
}

const resolved = async (text: string, secrets: TelemetryWish['secrets']): Promise<string> =>
  resolveSecrets(text, await secrets.values(secretNames([text])));

const shipEveryMs = 1000;

function shipperTo(target: LogTarget, {settings, log}: TelemetryWish, measures: PrometheusMeasures): LogShipper {
  return new LogShipper({
    target,
    bufferBytes: settings.log.buffer,
    everyMs: shipEveryMs,
    count: (outcome, lines) => measures.add('niyanta_log_lines_total', {target: target.name, outcome}, lines),
    trouble: why =>
      why === undefined
        ? log.info({target: target.name}, 'lines of the log are taken again')
        : log.warn({target: target.name, why}, 'lines of the log are not taken; they wait'),
    sleep: (ms, signal) => sleep(ms, undefined, {signal}).catch(() => undefined),
  });
}
