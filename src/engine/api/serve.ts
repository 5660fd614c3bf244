import {randomUUID} from 'node:crypto';
import {mkdir, readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {prepareAccess} from '../coordinator/access/index.ts';
import type {CoordinatorSettings} from '../coordinator/coordinator.ts';
import {openCoordinator} from '../coordinator/open-coordinator.ts';
import {openPostgresStore, openSqliteStore} from '../coordinator/store/open-store.ts';
import type {Store} from '../coordinator/store/store.ts';
import type {Session} from '../session.ts';
import {UserError} from '../spec/errors.ts';
import type {Host} from '../spec/project.ts';
import {parseStateLocation} from '../spec/state-location.ts';
import {prometheusMeasures} from '../telemetry/metrics/index.ts';
import {writeWhole} from '../write-whole.ts';
import {defaultApiSettings} from './api-settings.ts';
import {readTls, type TlsFiles} from './read-tls.ts';
import {startApi} from './start-api.ts';

export interface ServeWish {
  readonly session: Session;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the embedded database. */
  readonly data: string;
  /** `postgres://…`, its password as `${secret:NAME}` or in clear; in place of the embedded one. */
  readonly database?: string;
  readonly listen: {readonly host: string; readonly port: number};
  /** Without it, HTTP in clear. */
  readonly tls?: TlsFiles;
  readonly settings: CoordinatorSettings;
  readonly version: string;
  readonly log: Logger;
}

export interface Served {
  /** `http://127.0.0.1:8460`. */
  readonly address: string;
  /** Of the first start on this database: shown now, and known to nobody afterwards. */
  readonly adminKey?: string;
  setHosts(hosts: readonly Host[]): Promise<void>;
  /** No new requests, those in flight are answered, reports are finished, the lead is given back: within the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * A coordinator with its API, until it is stopped. Errors: those of opening the store, UserError `cannot-listen`,
 * `database-invalid`.
 */
export async function serve(wish: ServeWish): Promise<Served> {
  const {session, log, settings, listen, version} = wish;
  const tls = wish.tls && (await readTls(wish.tls));
  const measures = prometheusMeasures({version, most: defaultApiSettings.customersInMetrics});
  const store = await openStore(wish);
  const closing: (() => Promise<void>)[] = [() => store.close()];
  try {
    const opened = await openCoordinator({
      id: await coordinatorId(wish),
      address: `${tls ? 'https' : 'http'}://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`,
      store,
      session,
      settings,
      log,
      measures,
    });
    closing.unshift(() => opened.close(failedStopMs));
    const api = await startApi({coordinator: opened.coordinator, listen, log, version, tls, measures});
    closing.unshift(() => api.stop(failedStopMs));
    const adminKey = await prepareAccess(store, {name: 'coordinator:first-start'});
    return {
      address: api.address,
      ...(adminKey !== undefined && {adminKey}),
      setHosts: hosts => opened.setHosts(hosts),
      async stop(deadlineMs) {
        const until = performance.now() + deadlineMs;
        await api.stop(deadlineMs / 2);
        await opened.close(Math.max(0, until - performance.now()));
        await store.close();
      },
    };
  } catch (error) {
    for (const close of closing) await close().catch(() => undefined);
    throw error;
  }
}

const failedStopMs = 2000;

async function openStore({session, env, data, database, settings}: ServeWish): Promise<Store> {
  const usage = {usageHalfLifeMs: settings.queue.fairShare.halfLifeMs};
  if (database === undefined) {
    await mkdir(data, {recursive: true, mode: 0o700});
    return openSqliteStore(data, usage);
  }
  const location = parseStateLocation(database, session.project.directory, env.HOME ?? homedir());
  if ('wrong' in location) throw invalid(location.wrong);
  if (location.kind !== 'postgres') throw invalid('is no postgres:// URL');
  return openPostgresStore(location, usage, {secrets: session.secrets, env});
}

const invalid = (wrong: string): UserError =>
  new UserError({
    code: 'database-invalid',
    message: `the database ${wrong}`,
    hint: 'Write postgres://USER@HOST/DATABASE, its password as ${secret:NAME}; without one SQLite is used, in --data.',
  });

/** An embedded database has one coordinator, which leads again at once when it is started anew: always the same. */
async function coordinatorId({data, database}: ServeWish): Promise<string> {
  if (database !== undefined) return randomUUID();
  const file = join(data, 'coordinator-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f-]{36}\n$/.test(known)) return known.trim();
  const id = randomUUID();
  await writeWhole(file, `${id}\n`);
  return id;
}
