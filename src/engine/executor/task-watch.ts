import type {Connection} from '../hosts/connection.ts';
import {mustRun} from '../hosts/must-run.ts';
import type {ContainerId} from '../runtime/container-spec.ts';
import {parseTaskStates, type TaskState, taskStates} from '../runtime/task-states.ts';

/** How old an answer may be, in milliseconds. */
const freshMs = 150;

/** What a host's containers do, asked once for all who wait at the same time. */
export class TaskWatch {
  readonly #connection: Connection;
  readonly #now: () => number;
  #asked = Number.NEGATIVE_INFINITY;
  #answer: Promise<ReadonlyMap<ContainerId, TaskState>> = Promise.resolve(new Map());

  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** An answer asked for no longer than a moment ago, and after `since`: an older one may not know what started then. */
  async states(since: number): Promise<ReadonlyMap<ContainerId, TaskState>> {
    if (this.#asked <= since || this.#now() - this.#asked > freshMs) {
      this.#asked = this.#now();
      this.#answer = mustRun(this.#connection, taskStates, {what: 'ask what runs'}).then(({stdout}) =>
        parseTaskStates(stdout),
      );
    }
    return this.#answer;
  }
}
