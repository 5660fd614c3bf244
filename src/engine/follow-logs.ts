import {setTimeout as sleep} from 'node:timers/promises';
import type {Fleet} from './fleet.ts';
import {mustRun, script} from './hosts/index.ts';
import type {LogPlaces} from './log-places.ts';
import {LogReader, type LogSource, logSources, type PlacedRecord} from './log-sources.ts';
import {linesOf} from './runtime/lines-of.ts';
import {followLogs as followCommand, parseFollowHeader, parseLogLine} from './runtime/logs.ts';
import {inOrder} from './runtime/merge-logs.ts';
import {containersFolder} from './runtime/paths.ts';
import {parseReadLine, readLogs as readCommand} from './runtime/read-logs-script.ts';
import type {Session} from './session.ts';
import {isAway, readSteadily} from './steady-stream.ts';

interface Following {
  readonly services: readonly string[];
  readonly signal: AbortSignal;
  readonly onRecord: (record: PlacedRecord) => Promise<void>;
  /** How far another reader was with containers that come later, of a host that was away. */
  readonly places: LogPlaces;
  /** Told of a host that does not answer any more, and when it does again. */
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
}

/** How long lines are held back, so that those of several hosts come in order of time. Milliseconds. */
const holdMs = 150;
/** How often it is looked for replicas that came and went. Milliseconds. */
const lookMs = 2000;
/** Lines that a tail begins with, of which those that were read already are passed over. */
const overlap = 1000;
/** Lines that may wait for a slow reader before the hosts have to wait, too. */
const mostWaiting = 20_000;

/**
 * Gives the lines that replicas print from now on, until the signal: one stream a host. Replicas that are replaced
 * meanwhile, or come, are followed as well. `readers` know what was read before, by container. Of a host that is lost
 * and comes back, what was printed meanwhile is read first: no line is lost or told twice.
 */
export async function followLogs(
  session: Session,
  fleet: Fleet,
  readers: Map<string, LogReader>,
  following: Following,
): Promise<void> {
  const {signal, onRecord} = following;
  const follower = new Follower(fleet, readers, following);
  let listed = '';
  let nextLook = 0;
  try {
    await follower.follow(
      [...readers.values()].map(({source}) => source),
      new Set(),
    );
    while (!signal.aborted) {
      await sleep(holdMs, undefined, {signal}).catch(() => undefined);
      for (const record of follower.take()) await onRecord(record);
      if (signal.aborted || performance.now() < nextLook) continue;
      nextLook = performance.now() + lookMs;
      const now = await listing(fleet);
      if (now === listed) continue;
      listed = now;
      const observed = await fleet.observe();
      const away = new Set(observed.flatMap(({host, reachable}) => (reachable ? [] : [host])));
      await follower.follow((await logSources(session, observed, following.services)).sources, away);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    follower.end();
  }
}

// A host that nothing was placed on yet has no such folder.
const listManifests = script('[ ! -d "$1" ] || ls "$1"', containersFolder);

/** Names of all manifests: another text when containers came or went. Cheap, unlike looking at everything. */
async function listing(fleet: Fleet): Promise<string> {
  const texts = await Promise.all(
    fleet.observed.map(async ({host, reachable}) => {
      if (!reachable) return '';
      try {
        return (await mustRun(fleet.connection(host), listManifests, {what: 'list containers'})).stdout;
      } catch (error) {
        // A host that is away is looked at again when it is back: another text then, whatever changed there.
        if (isAway(error)) return 'away';
        throw error;
      }
    }),
  );
  return JSON.stringify(texts);
}

interface Tail {
  /** Of the containers that it follows. */
  readonly ids: string;
  readonly stop: () => void;
}

class Follower {
  readonly #fleet: Fleet;
  readonly #readers: Map<string, LogReader>;
  readonly #following: Following;
  readonly #tails = new Map<string, Tail>();
  #waiting: PlacedRecord[] = [];
  #taken = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(fleet: Fleet, readers: Map<string, LogReader>, following: Following) {
    this.#fleet = fleet;
    this.#readers = readers;
    this.#following = following;
  }

  /** Follows these containers from now on, in place of those before. Hosts of `away` stay with what they have. */
  async follow(sources: readonly LogSource[], away: ReadonlySet<string>): Promise<void> {
    const byHost = Map.groupBy(sources, ({host}) => host);
    for (const [host, own] of byHost) {
      const ids = own.map(({id}) => id).sort();
      const before = this.#tails.get(host);
      if (before?.ids === ids.join() || away.has(host)) continue;
      await this.#tail(host, ids, {before, unread: this.#readNew(own)});
    }
    for (const [host, {stop}] of this.#tails) {
      if (byHost.has(host) || away.has(host)) continue;
      this.#tails.delete(host);
      stop();
    }
    const there = new Set(sources.map(({id}) => id));
    for (const [id, {source}] of this.#readers)
      if (!there.has(id) && !away.has(source.host)) this.#following.places.forget(id);
  }

  /** Makes readers of those that have none; whether there are such. */
  #readNew(sources: readonly LogSource[]): boolean {
    const unread = sources.filter(({id}) => !this.#readers.has(id));
    for (const source of unread)
      this.#readers.set(source.id, new LogReader(source, this.#following.places.of(source.id)));
    return unread.length > 0;
  }

  /** What came since the last time, in order of time. Throws what will not pass by itself. */
  take(): readonly PlacedRecord[] {
    if (this.#failure !== undefined) throw this.#failure;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
    return inOrder(waiting);
  }

  end(): void {
    for (const {stop} of this.#tails.values()) stop();
    this.#tails.clear();
  }

  /** Resolves when the new one runs: it begins with lines of before, and the one before is ended only then. */
  async #tail(
    host: string,
    ids: readonly string[],
    {before, unread}: {readonly before: Tail | undefined; readonly unread: boolean},
  ): Promise<void> {
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, this.#following.signal]);
    const opened = Promise.withResolvers<void>();
    const tail = {ids: ids.join(), stop: () => own.abort()};
    const connection = this.#fleet.connection(host);
    let reader: LogReader | undefined;
    const ended = readSteadily({
      host,
      signal,
      onLost: (lost, why) => {
        opened.resolve();
        this.#following.onLost(lost, why);
      },
      onBack: this.#following.onBack,
      open: async again => {
        if (again || unread) await this.#catchUp(host, ids, signal);
        const process = await connection.spawn(followCommand(ids, overlap));
        before?.stop();
        this.#tails.set(host, tail);
        for (const id of ids) this.#readers.get(id)!.resume();
        opened.resolve();
        return process;
      },
      onLine: async line => {
        if (this.#tails.get(host) !== tail) return;
        const header = parseFollowHeader(line);
        if (header !== undefined) reader = this.#readers.get(header);
        const parsed = header === undefined ? parseLogLine(line) : undefined;
        await this.#add(parsed && reader?.feed(parsed));
      },
    });
    ended.catch(error => {
      this.#failure ??= error;
      opened.resolve();
    });
    await opened.promise;
  }

  /** What was printed while nobody listened, however much it is. */
  async #catchUp(host: string, ids: readonly string[], signal: AbortSignal): Promise<void> {
    const readers = new Map(ids.map(id => [id, this.#readers.get(id)!]));
    const wanted = [...readers].map(([id, {since}]) => ({id, since}));
    for (const reader of readers.values()) reader.resume();
    const process = await this.#fleet.connection(host).spawn(readCommand(wanted));
    const stop = (): void => process.kill();
    signal.addEventListener('abort', stop, {once: true});
    try {
      for await (const line of linesOf(process.stdout)) {
        if (signal.aborted) return;
        const [id, logged] = parseReadLine(line);
        const parsed = parseLogLine(logged);
        await this.#add(parsed && readers.get(id)?.feed(parsed));
      }
      await process.exit;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #add(record: PlacedRecord | undefined): Promise<void> {
    if (record) this.#waiting.push(record);
    if (this.#waiting.length > mostWaiting) await this.#taken.promise;
  }
}
