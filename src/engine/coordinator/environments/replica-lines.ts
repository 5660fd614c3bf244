import {LogPlaces} from '../../log-places.ts';
import {readLogs} from '../../read-logs.ts';
import type {StackSession} from '../../session.ts';
import {invalidRequest} from '../access/index.ts';
import type {Log} from '../log.ts';
import type {EnvironmentLogOptions, EnvironmentRow, ReplicaLine} from './environments.ts';
import {handOver} from './hand-over.ts';

interface Reading {
  readonly log: Log;
  /** Has the session of the environment, as long as it takes. */
  readonly use: (read: (session: StackSession) => Promise<void>) => Promise<void>;
}

/** What replicas print; with `follow` each line with how far all of them were read. Errors: Refusal `invalid-cursor`. */
export function replicaLines(
  {id: environment}: Pick<EnvironmentRow, 'id'>,
  {services = [], follow, tail, since, after, signal}: EnvironmentLogOptions,
  {log, use}: Reading,
): AsyncIterable<ReplicaLine> {
  const places = after === undefined ? new LogPlaces() : placesOf(after);
  return handOver<ReplicaLine>(signal, (take, ended) =>
    use(session =>
      readLogs(session, {
        services,
        follow,
        places,
        ...(tail !== undefined && {tail}),
        ...(since !== undefined && {since: asLogged(since)}),
        signal: ended,
        onRecord: line => take(follow ? lineAt(places, line) : {line}),
        onSilent: hosts => log.warn({environment, hosts}, 'hosts whose logs cannot be read'),
        onLost: (host, why) => log.warn({environment, host, why}, 'a host whose logs are followed is away'),
        onBack: host => log.info({environment, host}, 'a host whose logs are followed is back'),
      }),
    ),
  );
}

function lineAt(places: LogPlaces, line: ReplicaLine['line']): ReplicaLine {
  const id = places.text();
  return {line, ...(id !== undefined && {id})};
}

function placesOf(cursor: string): LogPlaces {
  const places = LogPlaces.of(cursor);
  if (places) return places;
  throw invalidRequest([{code: 'invalid-cursor', detail: 'is not the id of a line', parameter: 'after'}]);
}

/** Compared as texts with what the logger writes: UTC, with microseconds. */
const asLogged = (since: string): string => new Date(since).toISOString().replace('Z', '000Z');
