import {setTimeout as sleep} from 'node:timers/promises';
import type {Fleet} from './fleet.ts';
import {mustRun, type RemoteProcess, script} from './hosts/index.ts';
import {LogReader, type LogRecord, type LogSource, logSources} from './log-sources.ts';
import {linesOf} from './runtime/lines-of.ts';
import {followLogs as followCommand, parseFollowHeader, parseLogLine} from './runtime/logs.ts';
import {inOrder} from './runtime/merge-logs.ts';
import {containersFolder} from './runtime/paths.ts';
import type {Session} from './session.ts';
import {OutsideError} from './spec/errors.ts';

interface Following {
  readonly services: readonly string[];
  readonly signal: AbortSignal;
  readonly onRecord: (record: LogRecord) => Promise<void>;
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
 * meanwhile, or come, are followed as well. `readers` know what was read before, by container.
 */
export async function followLogs(
  session: Session,
  fleet: Fleet,
  readers: Map<string, LogReader>,
  following: Following,
): Promise<void> {
  const {signal, onRecord} = following;
  const follower = new Follower(fleet, readers);
  let listed = '';
  let nextLook = 0;
  try {
    await follower.follow([...readers.values()].map(({source}) => source));
    while (!signal.aborted) {
      await sleep(holdMs, undefined, {signal}).catch(() => undefined);
      for (const record of follower.take()) await onRecord(record);
      if (signal.aborted || performance.now() < nextLook) continue;
      nextLook = performance.now() + lookMs;
      const now = await listing(fleet);
      if (now === listed) continue;
      listed = now;
      await follower.follow((await logSources(session, await fleet.observe(), following.services)).sources);
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
      const {stdout} = await mustRun(fleet.connection(host), listManifests, {what: 'list containers'});
      return stdout;
    }),
  );
  return JSON.stringify(texts);
}

interface Tail {
  /** Of the containers that it follows. */
  readonly ids: string;
  readonly process: RemoteProcess;
}

class Follower {
  readonly #fleet: Fleet;
  readonly #readers: Map<string, LogReader>;
  readonly #tails = new Map<string, Tail>();
  #waiting: LogRecord[] = [];
  #taken = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(fleet: Fleet, readers: Map<string, LogReader>) {
    this.#fleet = fleet;
    this.#readers = readers;
  }

  /** Follows these containers from now on, in place of those before. */
  async follow(sources: readonly LogSource[]): Promise<void> {
    const byHost = Map.groupBy(sources, ({host}) => host);
    for (const [host, own] of byHost) {
      const ids = own.map(({id}) => id).sort();
      const before = this.#tails.get(host);
      if (before?.ids === ids.join()) continue;
      for (const source of own) this.#readers.set(source.id, this.#readers.get(source.id) ?? new LogReader(source));
      // The new one first: it begins with lines of before, so none falls in between.
      const process = await this.#fleet.connection(host).spawn(followCommand(ids, overlap));
      before?.process.kill();
      const tail = {ids: ids.join(), process};
      this.#tails.set(host, tail);
      for (const id of ids) this.#readers.get(id)!.resume();
      this.#read(host, tail).catch(error => {
        if (this.#tails.get(host) === tail) this.#failure ??= error;
      });
    }
    for (const [host, {process}] of this.#tails) {
      if (byHost.has(host)) continue;
      this.#tails.delete(host);
      process.kill();
    }
  }

  /** What came since the last time, in order of time. Throws when a host was lost. */
  take(): readonly LogRecord[] {
    if (this.#failure !== undefined) throw this.#failure;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
    return inOrder(waiting);
  }

  end(): void {
    for (const {process} of this.#tails.values()) process.kill();
    this.#tails.clear();
  }

  async #read(host: string, tail: Tail): Promise<void> {
    let reader: LogReader | undefined;
    for await (const line of linesOf(tail.process.stdout)) {
      if (this.#tails.get(host) !== tail) return;
      const header = parseFollowHeader(line);
      if (header !== undefined) reader = this.#readers.get(header);
      const parsed = header === undefined ? parseLogLine(line) : undefined;
      const record = parsed && reader?.feed(parsed);
      if (record) this.#waiting.push(record);
      if (this.#waiting.length > mostWaiting) await this.#taken.promise;
    }
    const {code} = await tail.process.exit;
    throw new OutsideError({
      code: 'follow-ended',
      message: `${host}: following the logs ended with exit code ${code}`,
      hint: 'Run the same command again.',
      host,
      transient: true,
    });
  }
}
