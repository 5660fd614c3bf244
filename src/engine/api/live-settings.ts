import type {Logger} from 'pino';
import type {AccessRules} from '../coordinator/access/index.ts';
import type {Coordinator} from '../coordinator/coordinator.ts';
import type {SettingsNow} from '../coordinator/requests/settings-now.ts';
import {accessRules, coordinatorSettings} from '../coordinator/settings.ts';
import type {Actor, Store} from '../coordinator/store/store.ts';
import {UserError, UserErrors} from '../spec/errors.ts';
import type {Host} from '../spec/project.ts';
import {compareSettings, type SettingChanges} from '../spec/server/compare-settings.ts';
import type {LoadedServer} from '../spec/server/load-server.ts';
import type {ServerSetting} from '../spec/server/server-settings.ts';
import {readTls} from './read-tls.ts';
import type {RunningApi} from './start-api.ts';

export interface LiveSettingsParts {
  readonly server: LoadedServer;
  readonly reread: () => Promise<{readonly server: LoadedServer; readonly hosts: readonly Host[]}>;
  readonly store: Store;
  readonly coordinator: Coordinator;
  readonly setHosts: (hosts: readonly Host[]) => Promise<void>;
  readonly log: Logger;
}

/** Settings of a process that serves: what they are now, and how new ones take their place while it runs. */
export class LiveSettings implements SettingsNow {
  readonly #parts: LiveSettingsParts;
  #server: LoadedServer;
  #rules: AccessRules;
  #api?: Pick<RunningApi, 'reception' | 'renewTls'>;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(parts: LiveSettingsParts) {
    this.#parts = parts;
    this.#server = parts.server;
    this.#rules = accessRules(parts.server.settings);
  }

  /** From now on there is an API to tell of new rules and certificates. */
  serves(api: Pick<RunningApi, 'reception' | 'renewTls'>): void {
    this.#api = api;
  }

  /** Who may come in. */
  get rules(): AccessRules {
    return this.#rules;
  }

  list(): readonly ServerSetting[] {
    return this.#server.list;
  }

  /** One after the other. All is read and checked before the first of it counts. */
  reload(actor: Actor): Promise<SettingChanges> {
    const reloaded = this.#reloading.then(() => this.#reload(actor));
    this.#reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(actor: Actor): Promise<SettingChanges> {
    const {store, coordinator, setHosts, log} = this.#parts;
    const {server, hosts, tls} = await this.#readAgain().catch(async error => {
      await this.#refused(error, actor);
      throw error;
    });
    const {settings} = server;
    const changes = compareSettings(this.#server.list, server.list);
    await setHosts(hosts);
    coordinator.reconfigure(atRunTime(coordinatorSettings(settings), coordinatorSettings(this.#parts.server.settings)));
    this.#rules = accessRules(settings, this.#rules);
    this.#api?.reception.configure(this.#rules);
    if (tls) this.#api?.renewTls(tls);
    log.level = settings.log.level;
    // What counts at the next start is told again until then.
    this.#server = {...server, list: withStarted(server.list, this.#parts.server.list, changes.atRestart)};
    log.info({...changes, actor: actor.name}, wordsOf(changes));
    await store.note({type: 'settings.reloaded', actor, data: {...changes}});
    return changes;
  }

  async #readAgain() {
    const {server, hosts} = await this.#parts.reread();
    return {server, hosts, tls: server.settings.tls && (await readTls(server.settings.tls))};
  }

  async #refused(error: unknown, actor: Actor): Promise<void> {
    const {store, log} = this.#parts;
    const wrong = wrongOf(error);
    log.error({wrong, actor: actor.name}, 'settings could not be read again; all stays as it was');
    await store.note({type: 'settings.refused', actor, data: {wrong}});
  }
}

/** Each thing that is wrong, with its place. */
function wrongOf(error: unknown): string[] {
  if (error instanceof UserErrors) return error.errors.flatMap(wrongOf);
  if (!(error instanceof UserError) || !error.location) return [error instanceof Error ? error.message : String(error)];
  const {file, line, column, path} = error.location;
  return [`${file}:${line}:${column} ${path === undefined ? '' : `${path}: `}${error.message}`];
}

type Coordinators = ReturnType<typeof coordinatorSettings>;

/** New ones, but for those that parts of the coordinator were made with. */
const atRunTime = (next: Coordinators, started: Coordinators): Coordinators => ({
  ...next,
  silence: started.silence,
  queue: {...next.queue, fairShare: {...next.queue.fairShare, halfLifeMs: started.queue.fairShare.halfLifeMs}},
});

/** The list of what counts now: where a new value waits for a start, that of the start. */
function withStarted(
  now: readonly ServerSetting[],
  started: readonly ServerSetting[],
  waiting: readonly string[],
): readonly ServerSetting[] {
  const before = new Map(started.map(setting => [setting.name, setting]));
  const kept = now.flatMap(setting => (waiting.includes(setting.name) ? (before.get(setting.name) ?? []) : setting));
  const gone = started.filter(({name}) => waiting.includes(name) && !now.some(setting => setting.name === name));
  return [...kept, ...gone];
}

function wordsOf({atRestart}: SettingChanges): string {
  const later = atRestart.length > 0 ? `; from the next start on: ${atRestart.join(', ')}` : '';
  return `settings and hosts were read again${later}`;
}
