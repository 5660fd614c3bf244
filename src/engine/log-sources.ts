import {replicasOf} from './environment-replicas.ts';
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

/** Makes records of one container's lines, in the order of its log. */
export class LogReader {
  readonly source: LogSource;
  readonly #joiner = new LineJoiner();
  #last: string;
  #passing = false;

  /** `since`: RFC 3339 in UTC; from when on its lines are wanted. */
  constructor(source: LogSource, since = '') {
    this.source = source;
    this.#last = since;
  }

  /** When the last line was printed that was fed; empty before the first. */
  get last(): string {
    return this.#last;
  }

  /** What is fed from now on begins with lines that were fed already: they are passed over. */
  resume(): void {
    this.#passing = this.#last !== '';
  }

  /** The record that this line ends; undefined for a part of one, and for one that is passed over. */
  feed(line: LogLine): LogRecord | undefined {
    // Only up to the first new one: a clock that is set back must not hide what comes then.
    this.#passing &&= line.at <= this.#last;
    if (this.#passing) return undefined;
    this.#last = line.at;
    const whole = this.#joiner.feed(line);
    return whole && this.#record(whole);
  }

  /** Parts of a line that did not end yet. */
  rest(): readonly LogRecord[] {
    return this.#joiner.rest().map(line => this.#record(line));
  }

  #record({at, stream, text}: LogLine): LogRecord {
    const {service, replica, host} = this.source;
    return {at, service, replica, host, stream, text};
  }
}
