import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import type {ApiSettings} from '../../../src/engine/api/api-settings.ts';
import {type RunningApi, startApi} from '../../../src/engine/api/start-api.ts';
import {
  type AccessRules,
  createKey,
  defaultAccessRules,
  type KeyWish,
  prepareAccess,
} from '../../../src/engine/coordinator/access/index.ts';
import {openSqliteStore, type Store} from '../../../src/engine/coordinator/store/index.ts';
import {checkAnswer} from './document.ts';
import {servedStacks} from './served-stacks.ts';
import {StandInCoordinator} from './stand-in-coordinator.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are held against the OpenAPI document before tests look at them
  readonly json: any;
}

export interface Asked {
  readonly key?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

export interface Serving {
  readonly store: Store;
  readonly coordinator: StandInCoordinator;
  /** For what a test writes. */
  readonly folder: string;
  readonly api: RunningApi;
  readonly address: string;
  /** A new API before the same store: it remembers nothing of who asked. */
  restart(): Promise<void>;
  /** What was logged, as pino's lines. */
  readonly logged: string[];
  /** A key of the whole coordinator. */
  readonly admin: string;
  key(wish: KeyWish): Promise<string>;
  customer(id: string, limits?: object): Promise<string>;
  /** Every answer is held against the OpenAPI document. */
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  end(): Promise<void>;
}

const actor = {name: 'cli:test'};

/** The API over a real store, on a port of its own. */
export async function serving(settings: Partial<ApiSettings> = {}, trust: Partial<AccessRules> = {}): Promise<Serving> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-api-'));
  const store = await openSqliteStore(folder, {usageHalfLifeMs: 3_600_000});
  const coordinator = new StandInCoordinator(store);
  coordinator.environments = await servedStacks(store, folder);
  const logged: string[] = [];
  const log = pino({level: 'debug'}, {write: line => void logged.push(line)});
  const admin = await prepareAccess(store, actor);
  const listen = {host: '127.0.0.1', port: 0};
  const start = () =>
    startApi({coordinator, listen, log, version: '0.0.0-test', settings, rules: {...defaultAccessRules, ...trust}});
  let api = await start();
  const key = async (wish: KeyWish) => (await createKey(store, wish, actor)).text;
  return {
    store,
    coordinator,
    folder,
    get api() {
      return api;
    },
    get address() {
      return api.address;
    },
    async restart() {
      await api.stop(2000);
      api = await start();
    },
    logged,
    admin: admin!,
    key,
    async customer(id, limits = {}) {
      await store.putCustomer({id, name: id, tier: 'premium', limits, suspended: false}, actor);
      return key({role: 'customer', customer: id});
    },
    ask: async (method, path, asked = {}) => {
      const answer = await ask(api.address, method, path, asked);
      await checkAnswer(method, path, answer);
      return answer;
    },
    async end() {
      await api.stop(2000);
      await coordinator.stop({deadlineMs: 0});
      await store.close();
      await rm(folder, {recursive: true});
    },
  };
}

export async function ask(address: string, method: string, path: string, asked: Asked): Promise<Answer> {
  const {key, body, raw, headers = {}} = asked;
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${address}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(key !== undefined && {Authorization: `Bearer ${key}`}),
      ...(content !== undefined && {'Content-Type': 'application/json'}),
      ...headers,
    },
    ...(content !== undefined && {body: content}),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return {status: response.status, headers: response.headers, text, json: jsonOf(text)};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
