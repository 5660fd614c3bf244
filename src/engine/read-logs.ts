import {text} from 'node:stream/consumers';
import {type Fleet, withFleet} from './fleet.ts';
import {followLogs} from './follow-logs.ts';
import {commandFailed} from './hosts/must-run.ts';
import {LogPlaces} from './log-places.ts';
import {LogReader, type LogRecord, logSources, type PlacedRecord} from './log-sources.ts';
import {linesOf} from './runtime/lines-of.ts';
import {parseLogLine} from './runtime/logs.ts';
import {inOrder, mergeLogs} from './runtime/merge-logs.ts';
import {parseReadLine, readLogs as readCommand} from './runtime/read-logs-script.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {parseDuration} from './spec/quantities.ts';

export interface ReadLogsOptions {
  /** `backend`, `backend/2`; all when empty. */
  readonly services: readonly string[];
  /** RFC 3339 in UTC, see `sinceTime`. */
  readonly since?: string;
  /** Only so many lines of each replica, the last ones. */
  readonly tail?: number;
  /** Go on until the signal. */
  readonly follow: boolean;
  /** Goes on from there; kept up to date: with each record, how far it was read. */
  readonly places?: LogPlaces;
  readonly signal: AbortSignal;
  /** Takes a line; awaited, so that a slow reader slows the reading. */
  readonly onRecord: (record: LogRecord) => Promise<void>;
  /** Told once of hosts whose logs cannot be read. */
  readonly onSilent: (hosts: readonly string[]) => void;
  /** Told of a host that does not answer any more while it is followed, and when it does again. */
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
}

/** Reads what replicas printed, all of them in order of time, and goes on with what they print if told. */
export function readLogs(session: Session, options: ReadLogsOptions): Promise<void> {
  const {hosts, ssh} = session;
  const {services, since, signal, places = new LogPlaces()} = options;
  const tell = async ({container, place, ...record}: PlacedRecord): Promise<void> => {
    places.set(container, place);
    await options.onRecord(record);
  };
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh}, async fleet => {
    const {sources, silent} = await logSources(session, fleet.observed, services);
    if (silent.length > 0) options.onSilent(silent);
    const from = (id: string) => places.of(id) ?? (places.live ? undefined : since);
    const readers = new Map(sources.map(source => [source.id, new LogReader(source, from(source.id))]));
    const byHost = Map.groupBy(readers.values(), ({source}) => source.host);
    const hostLogs = [...byHost].map(([host, own]) => readHost(fleet, host, own, {...options, places}));
    for await (const record of mergeLogs(hostLogs)) {
      if (signal.aborted) return;
      await tell(record);
    }
    if (!options.follow) return;
    for (const [id, {place}] of readers) if (place) places.set(id, place);
    places.goLive();
    await followLogs(session, fleet, readers, {...options, places, onRecord: tell});
  });
}

/** What the containers of one host said until now, as it is read from there: nobody holds a whole log. */
async function* readHost(
  fleet: Fleet,
  host: string,
  readers: readonly LogReader[],
  {tail, follow, signal, places}: ReadLogsOptions & {readonly places: LogPlaces},
): AsyncGenerator<PlacedRecord> {
  // All of those that another reader had begun with. Following goes on behind the last line, so that one is read even
  // where none is wanted.
  const untold = new Set(
    readers.filter(({source}) => !places.live && !places.of(source.id)).map(({source}) => source.id),
  );
  const last = tail === 0 && follow ? 1 : tail;
  const command = readCommand(
    readers.map(({source: {id}, since}) => ({id, since, ...(untold.has(id) && last !== undefined && {tail: last})})),
  );
  const byId = new Map(readers.map(reader => [reader.source.id, reader]));
  const process = await fleet.connection(host).spawn(command);
  const stderr = text(process.stderr);
  let ended = false;
  const stop = () => {
    if (!ended) process.kill();
  };
  signal.addEventListener('abort', stop, {once: true});
  try {
    for await (const line of linesOf(process.stdout)) {
      const [id, logged] = parseReadLine(line);
      const parsed = parseLogLine(logged);
      const record = parsed && byId.get(id)?.feed(parsed);
      if (record && !(tail === 0 && untold.has(id))) yield record;
    }
    signal.throwIfAborted();
    const {code} = await process.exit;
    ended = true;
    const output = {code, stdout: '', stderr: await stderr};
    if (output.code !== 0) throw commandFailed(host, 'read its logs', command, output);
    if (tail !== 0 && !follow) yield* inOrder(readers.flatMap(reader => reader.rest()));
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** A time as people write it, `10m` ago or RFC 3339, as the logs write it. Errors: UserError `since-invalid`. */
export function sinceTime(text: string, now: Date): string {
  const ago = parseDuration(text);
  const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const ms = ago === undefined ? (rfc3339 ? Date.parse(text) : Number.NaN) : now.getTime() - ago;
  // Compared as texts with what the logger writes, which has microseconds.
  if (!Number.isNaN(ms)) return new Date(ms).toISOString().replace('Z', '000Z');
  throw new UserError({
    code: 'since-invalid',
    message: `${JSON.stringify(text)} is neither a length of time nor a point in time`,
    hint: 'For example: --since 10m, or --since 2026-01-31T12:00:00Z',
  });
}
