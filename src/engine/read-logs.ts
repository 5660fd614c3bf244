import {type Fleet, withFleet} from './fleet.ts';
import {followLogs} from './follow-logs.ts';
import {mustRun} from './hosts/index.ts';
import {LogReader, type LogRecord, type LogSource, logSources} from './log-sources.ts';
import {parseLogLine, readLog} from './runtime/logs.ts';
import {mergeLogs} from './runtime/merge-logs.ts';
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
  readonly signal: AbortSignal;
  /** Takes a line; awaited, so that a slow reader slows the reading. */
  readonly onRecord: (record: LogRecord) => Promise<void>;
  /** Told once of hosts whose logs cannot be read. */
  readonly onSilent: (hosts: readonly string[]) => void;
}

/** Reads what replicas printed, all of them in order of time, and goes on with what they print if told. */
export function readLogs(session: Session, options: ReadLogsOptions): Promise<void> {
  const {hosts, ssh} = session;
  return withFleet(hosts, {allowUnreachable: true, signal: options.signal, ssh}, async fleet => {
    const {sources, silent} = await logSources(session, fleet.observed, options.services);
    if (silent.length > 0) options.onSilent(silent);
    const readers = new Map(sources.map(source => [source.id, new LogReader(source, options.since)]));
    const logs = await Promise.all([...readers.values()].map(reader => readWhole(fleet, reader, options)));
    for (const record of mergeLogs(logs)) {
      if (options.signal.aborted) return;
      await options.onRecord(record);
    }
    if (options.follow) await followLogs(session, fleet, readers, options);
  });
}

async function readWhole(fleet: Fleet, reader: LogReader, options: ReadLogsOptions): Promise<readonly LogRecord[]> {
  const {tail, since, follow, signal} = options;
  const {host, id, service} = reader.source satisfies LogSource;
  // Following goes on behind the last line, so that one is read even where none is wanted.
  const command = readLog(id, {since, tail: tail === 0 && follow ? 1 : tail});
  const {stdout} = await mustRun(fleet.connection(host), command, {what: `read the log of ${service}`, signal});
  const records = stdout.split('\n').flatMap(line => {
    const parsed = parseLogLine(line);
    return (parsed && reader.feed(parsed)) ?? [];
  });
  if (tail === 0) return [];
  return follow ? records : [...records, ...reader.rest()];
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
