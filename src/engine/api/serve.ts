import {randomUUID, X509Certificate} from 'node:crypto';
import {mkdir, readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {checkpointStorage} from '../checkpoint-storage.ts';
import {prepareAccess} from '../coordinator/access/index.ts';
import {measuredStore} from '../coordinator/observing/measured-store.ts';
import {openCoordinator} from '../coordinator/open-coordinator.ts';
import {coordinatorSettings} from '../coordinator/settings.ts';
import {openPostgresStore, openSqliteStore} from '../coordinator/store/open-store.ts';
import type {Actor, Store} from '../coordinator/store/store.ts';
import {loadTypes, type TypeFile} from '../coordinator/types/load-types.ts';
import type {GrpcWish, RunningGrpc} from '../grpc/start-grpc.ts';
import type {Session} from '../session.ts';
import {UserError} from '../spec/errors.ts';
import type {Host} from '../spec/project.ts';
import type {SettingChanges} from '../spec/server/compare-settings.ts';
import type {LoadedServer} from '../spec/server/load-server.ts';
import type {ServerSettings} from '../spec/server/server-settings.ts';
import {type PostgresLocation, parseStateLocation} from '../spec/state-location.ts';
import type {LogOutlet} from '../telemetry/logs/log-outlet.ts';
import {writeWhole} from '../write-whole.ts';
import {defaultApiSettings} from './api-settings.ts';
import {LiveSettings} from './live-settings.ts';
import {openTelemetry} from './open-telemetry.ts';
import {readTls} from './read-tls.ts';
import {startApi} from './start-api.ts';

export interface ServeWish {
  readonly session: Session;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly server: LoadedServer;
  /** Reads settings and hosts again. */
  readonly reread: () => Promise<Reread>;
  readonly version: string;
  readonly log: Logger;
  /** Of this log, for whoever else wants its lines. */
  readonly outlet?: LogOutlet;
}

/** What files, variables and flags say by now. */
export interface Reread {
  readonly server: LoadedServer;
  readonly hosts: readonly Host[];
}

export interface Served {
  readonly shown: {
    /** `http://127.0.0.1:8460`. */
    readonly address: string;
    /** `127.0.0.1:8461`, where gRPC is served. */
    readonly grpc?: string;
    /** Of the first start on this database: shown now, and known to nobody afterwards. */
    readonly adminKey?: string;
  };
  /** Takes over what files say by now. Errors: those of reading them; then all stays as it was. */
  reload(actor: Actor): Promise<SettingChanges>;
  /** No new requests, those in flight are answered, reports are finished, the lead is given back: within the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * A coordinator with its API, until it is stopped. Errors: those of opening the store, UserError `cannot-listen`,
 * `database-invalid`, `tls-invalid`.
 */
export async function serve(wish: ServeWish): Promise<Served> {
  const {session, log, server, version} = wish;
  const {settings} = server;
  const tls = settings.tls && (await readTls(settings.tls));
  const {secrets} = session;
  const customers = defaultApiSettings.customersInMetrics;
  const instance = await coordinatorId(settings);
  const telemetry = await openTelemetry({...wish, settings, secrets, instance, customers});
  const {measures, tracing} = telemetry;
  const closing: (() => Promise<void>)[] = [() => telemetry.close(failedStopMs)];
  let address = addressOf(settings);
  try {
    const store = measuredStore(await openStore(wish), measures);
    closing.unshift(() => store.close());
    if (tls) measures.set('niyanta_certificate_expires_timestamp_seconds', {}, certificateEnd(tls.cert));
    const opened = await openCoordinator({
      id: instance,
      address,
      store,
      session,
      settings: coordinatorSettings(settings),
      types: await typesOf(settings),
      ...(settings.nats && {nats: {settings: settings.nats, env: wish.env}}),
      ...(settings.workerScaling && {workerScaling: settings.workerScaling}),
      stacks: {
        address: () => address,
        data: settings.data,
        ...(settings.database !== undefined && {database: databaseOf(wish)}),
      },
      ...(settings.checkpoints && {objectStorage: await checkpointStorage(settings.checkpoints, session)}),
      log,
      measures,
      tracing,
    });
    closing.unshift(() => opened.close(failedStopMs));
    if (session.hosts.length === 0 && !settings.nats) log.warn({}, noHosts);
    const {coordinator} = opened;
    const live = new LiveSettings({...wish, store, coordinator, setHosts: hosts => opened.setHosts(hosts)});
    const {listen} = settings;
    const {rules} = live;
    const api = await startApi({
      coordinator,
      listen,
      rules,
      settings: {costs: settings.costs},
      log,
      version,
      tls,
      settingsNow: live,
      measures,
      tracing,
    });
    address = api.address;
    closing.unshift(() => api.stop(failedStopMs));
    telemetry.follow(coordinator, opened.workers);
    const grpc =
      settings.grpc &&
      (await serveGrpc({listen: settings.grpc, reception: api.reception, measures: api.metrics, tracing, tls, log}));
    if (grpc) closing.unshift(() => grpc.stop(failedStopMs));
    live.serves({
      reception: api.reception,
      renewTls(renewed) {
        measures.set('niyanta_certificate_expires_timestamp_seconds', {}, certificateEnd(renewed.cert));
        api.renewTls(renewed);
        grpc?.renewTls(renewed);
      },
    });
    const adminKey = await prepareAccess(store, {name: 'coordinator:first-start'});
    return {
      shown: {
        address: api.address,
        ...(grpc && {grpc: grpc.address}),
        ...(adminKey !== undefined && {adminKey}),
      },
      reload: actor => live.reload(actor),
      async stop(deadlineMs) {
        const until = performance.now() + deadlineMs;
        await Promise.all([api.stop(deadlineMs / 2), grpc?.stop(deadlineMs / 2)]);
        const left = () => Math.max(0, until - performance.now());
        await Promise.all([telemetry.unfollow(left()), opened.close(left())]);
        await telemetry.close(Math.max(lastLinesMs, left()));
        await store.close();
      },
    };
  } catch (error) {
    for (const close of closing) await close().catch(() => undefined);
    throw error;
  }
}

/** Loaded only where it is asked for: it takes a while. */
async function serveGrpc(wish: GrpcWish): Promise<RunningGrpc> {
  const {startGrpc} = await import('../grpc/start-grpc.ts');
  return startGrpc(wish);
}

/** Where others find this one; port 0 is not known yet. */
const addressOf = ({tls, listen: {host, port}}: ServerSettings): string =>
  `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Seconds since 1970. */
const certificateEnd = (pem: Buffer): number => Math.floor(Date.parse(new X509Certificate(pem).validTo) / 1000);

const noHosts = 'the project has no hosts: what is submitted waits until there is one (niyanta host add, then SIGHUP)';
const failedStopMs = 2000;
/** For what is not sent yet, when the deadline is over. */
const lastLinesMs = 500;

async function openStore(wish: ServeWish): Promise<Store> {
  const {session, env, server} = wish;
  const {data, database, scheduling} = server.settings;
  const usage = {usageHalfLifeMs: scheduling.fairShare.halfLife};
  if (database === undefined) {
    await mkdir(data, {recursive: true, mode: 0o700});
    return openSqliteStore(data, usage);
  }
  return openPostgresStore(databaseOf(wish), usage, {secrets: session.secrets, env});
}

function databaseOf({session, env, server}: ServeWish): PostgresLocation {
  const location = parseStateLocation(server.settings.database ?? '', session.project.directory, env.HOME ?? homedir());
  if ('wrong' in location) throw invalid(location.wrong);
  if (location.kind !== 'postgres') throw invalid('is no postgres:// URL');
  return location;
}

const invalid = (wrong: string): UserError =>
  new UserError({
    code: 'database-invalid',
    message: `the database ${wrong}`,
    hint: 'Write postgres://USER@HOST/DATABASE, its password as ${secret:NAME}; without one SQLite is used, in --data.',
  });

/** `niyanta worker` processes have only the types that come with niyanta. */
async function typesOf({types, nats}: ServerSettings): Promise<readonly TypeFile[]> {
  if (types.length === 0 || nats === undefined) return loadTypes(types);
  const message = 'types of your own are for hosts that the coordinator reaches itself, not for niyanta worker';
  throw new UserError({code: 'types-with-nats', message, hint: 'Leave out types, or nats.'});
}

/** An embedded database has one coordinator, which leads again at once when it is started anew: always the same. */
async function coordinatorId({data, database}: ServerSettings): Promise<string> {
  if (database !== undefined) return randomUUID();
  await mkdir(data, {recursive: true, mode: 0o700});
  const file = join(data, 'coordinator-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f-]{36}\n$/.test(known)) return known.trim();
  const id = randomUUID();
  await writeWhole(file, `${id}\n`);
  return id;
}
