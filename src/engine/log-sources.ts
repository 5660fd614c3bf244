import {replicasOf} from './environment-replicas.ts';
import type {LogPlace} from './log-places.ts';
import {LineJoiner} from './runtime/join-log-lines.ts';
import type {LogLine} from './runtime/logs.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {selectReplicas} from './select-replicas.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';

/** One line that a replica printed, with whose it is. */
export interface LogRecord {
  /** RFC 3339, by the clock of its host. */
  readonly at: string;
  readonly service: string;
  readonly replica: number;
  readonly host: string;
  readonly stream: LogLine['stream'];
  readonly text: string;
}

/** The container whose log is read. */
export interface LogSource extends Pick<LogRecord, 'service' | 'replica' | 'host'> {
  readonly id: string;
}

/**
 * The containers that words such as `backend/2` name, stopped ones too. `silent` hosts could not be asked.
 * Errors: UserError `unknown-service`, `unknown-replica`, `no-replicas`.
 */
export async function logSources(
  {store, project, environment}: Session,
  observed: readonly ObservedHost[],
  words: readonly string[],
): Promise<{readonly sources: readonly LogSource[]; readonly silent: readonly string[]}> {
  const known = (await store.read()).environments[environment];
  const replicas = selectReplicas(
    replicasOf(observed, {project: project.name, environment, known}),
    words,
    environment,
  );
  if (replicas.length === 0) {
    throw new UserError({
      code: 'no-replicas',
      message: `environment "${environment}" has no replicas`,
      hint: 'See what is there: niyanta ps. Start it: niyanta apply',
      exit: 1,
    });
  }
  const sources = replicas.flatMap(({service, replica, host, container}) =>
    container && host !== undefined ? [{service, replica, host, id: container.id}] : [],
  );
  const silent = replicas.flatMap(({state, host}) => (state === 'unknown' && host !== undefined ? [host] : []));
  return {sources, silent: [...new Set(silent)].sort()};
}

/** A record, and how far its container's log is told with it. */
export interface PlacedRecord extends LogRecord {
  readonly container: string;
  readonly place: LogPlace;
}

/** Makes records of one container's lines, in the order of its log. */
export class LogReader {
  readonly source: LogSource;
  readonly #joiner = new LineJoiner();
  readonly #begun?: string;
  #last: string;
  #passing = false;
  /** Something was fed. */
  #read = false;
  #primed = false;

  /** `since`: RFC 3339 in UTC, from when on its lines are wanted; or how far another reader of it was. */
  constructor(source: LogSource, since: string | LogPlace = '') {
    this.source = source;
    this.#last = typeof since === 'string' ? since : since.at;
    if (typeof since === 'string') return;
    this.#begun = since.begun ?? since.at;
    this.#passing = true;
  }

  /** From when on lines are to be fed; empty: from the first. */
  get since(): string {
    return this.#read ? this.#last : (this.#begun ?? this.#last);
  }

  /** How far it is; undefined before the first line. */
  get place(): LogPlace | undefined {
    const {begun} = this.#joiner;
    return this.#last === '' ? undefined : {at: this.#last, ...(begun !== undefined && {begun})};
  }

  /** What is fed from now on begins with lines that were fed already: they are passed over. */
  resume(): void {
    this.#passing = this.#last !== '';
    this.#primed = this.#read;
  }

  /** The record that this line ends; undefined for a part of one, and for one that is passed over. */
  feed(line: LogLine): PlacedRecord | undefined {
    this.#read = true;
    // Only up to the first new one: a clock that is set back must not hide what comes then.
    this.#passing &&= line.at <= this.#last;
    if (this.#passing) {
      // Told by the reader before this one; of a line that it had in parts, all of them are needed.
      if (this.#begun !== undefined && !this.#primed) this.#joiner.feed(line);
      return undefined;
    }
    this.#last = line.at;
    const whole = this.#joiner.feed(line);
    return whole && this.#record(whole);
  }

  /** Parts of a line that did not end yet. */
  rest(): readonly PlacedRecord[] {
    return this.#joiner.rest().map(line => this.#record(line));
  }

  #record({at, stream, text}: LogLine): PlacedRecord {
    const {service, replica, host, id: container} = this.source;
    return {at, service, replica, host, stream, text, container, place: this.place!};
  }
}
