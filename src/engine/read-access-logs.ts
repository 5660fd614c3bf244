import {text} from 'node:stream/consumers';
import {AccessLogReader, type AccessRecord, type AccessWanted} from './access-log-reader.ts';
import {type Fleet, withFleet} from './fleet.ts';
import {followAccessLogs} from './follow-access-logs.ts';
import {commandFailed} from './hosts/must-run.ts';
import {namedHosts} from './named-host.ts';
import {linesOf} from './runtime/lines-of.ts';
import {mergeLogs} from './runtime/merge-logs.ts';
import {readAccessLog} from './runtime/proxy/access-log.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';

export interface ReadAccessLogsOptions {
  /** Hosts whose proxies are asked; all when empty. */
  readonly hosts: readonly string[];
  /** Only so many requests of each proxy, the last ones. */
  readonly tail?: number;
  /** First digit of the status of those that are wanted. */
  readonly statusClass?: string;
  /** Go on until the signal. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Takes a request; awaited, so that a slow reader slows the reading. */
  readonly onRecord: (record: AccessRecord) => Promise<void>;
  /** Told once of hosts that do not answer. */
  readonly onSilent: (hosts: readonly string[]) => void;
  /** Told of a host that does not answer any more while it is followed, and when it does again. */
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
}

/**
 * Reads what the proxies were asked for the routes that an environment has now, all of them in order of time, and goes
 * on with what they are asked if told. Errors: UserError `unknown-host`, `no-routes`.
 */
export function readAccessLogs(session: Session, options: ReadAccessLogsOptions): Promise<void> {
  const {ssh, project, environment} = session;
  const {signal, statusClass} = options;
  const hosts = namedHosts(session.hosts, options.hosts);
  const wanted = {project: project.name, environment, statusClass};
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh}, async fleet => {
    const silent = fleet.observed.flatMap(({host, reachable}) => (reachable ? [] : [host]));
    if (silent.length > 0) options.onSilent(silent);
    const readers = readersOf(fleet, wanted);
    const logs = [...readers].map(([host, reader]) => readProxy(fleet, host, reader, options));
    for await (const record of mergeLogs(logs)) {
      if (signal.aborted) return;
      await options.onRecord(record);
    }
    if (options.follow) await followAccessLogs(fleet, readers, options);
  });
}

/** A reader for each proxy that has routes of the environment. */
function readersOf({observed}: Fleet, wanted: AccessWanted): ReadonlyMap<string, AccessLogReader> {
  const readers = observed.flatMap(host => {
    const slices = host.reachable ? (host.proxy?.slices ?? []) : [];
    const serves = slices.some(
      ({project, environment}) => project === wanted.project && environment === wanted.environment,
    );
    return serves ? [[host.host, new AccessLogReader(host.host, slices, wanted)] as const] : [];
  });
  if (readers.length > 0) return new Map(readers);
  throw new UserError({
    code: 'no-routes',
    message: `no proxy of these hosts has routes of environment "${wanted.environment}"`,
    hint: 'See what is served where: niyanta route ls',
    exit: 1,
  });
}

/** What one proxy was asked until now, as it is read from there; with `tail`, when all was read. */
async function* readProxy(
  fleet: Fleet,
  host: string,
  reader: AccessLogReader,
  {tail, signal}: ReadAccessLogsOptions,
): AsyncGenerator<AccessRecord> {
  const process = await fleet.connection(host).spawn(readAccessLog);
  const stderr = text(process.stderr);
  const stop = () => process.kill();
  signal.addEventListener('abort', stop, {once: true});
  const last: AccessRecord[] = [];
  let ended = false;
  try {
    for await (const line of linesOf(process.stdout)) {
      const record = reader.feed(line);
      if (record === undefined) continue;
      if (tail === undefined) yield record;
      else if (last.push(record) > tail) last.shift();
    }
    signal.throwIfAborted();
    const {code} = await process.exit;
    ended = true;
    if (code !== 0)
      throw commandFailed(host, 'read its access log', readAccessLog, {code, stdout: '', stderr: await stderr});
    yield* last;
  } finally {
    signal.removeEventListener('abort', stop);
    if (!ended) stop();
  }
}
