import type {Connection, RemoteProcess} from '../../hosts/connection.ts';
import {linesOf} from '../lines-of.ts';
import {type AttemptKey, attemptId} from './attempt-spec.ts';
import {type AttemptEvent, parseAttemptEvent} from './follow-events.ts';
import {followAttempts} from './follow-script.ts';

const idleMs = 30_000;

/** Told what becomes of one attempt; after `end`, `gone` or `onLost` nothing more comes. */
export interface AttemptWatcher {
  readonly onEvent: (event: AttemptEvent) => void;
  /** The host does not answer any more: nobody knows what becomes of it. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Follows all attempts of a host through one process there. When the connection breaks, it is started again over a new
 * one, and tells what happened meanwhile; only a host that does not come back is lost.
 */
export class AttemptFollower {
  readonly #connection: Connection;
  readonly #watched = new Map<string, AttemptKey & AttemptWatcher>();
  #process?: RemoteProcess;
  #starting = false;
  #idle?: NodeJS.Timeout;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Returns how to stop. An attempt has one watcher at a time: a later one takes over. */
  watch(key: AttemptKey, watcher: AttemptWatcher): () => void {
    const id = attemptId(key);
    const entry = {...key, ...watcher};
    this.#watched.set(id, entry);
    if (this.#process) this.#tell('watch', key);
    else void this.#start();
    return () => {
      if (this.#watched.get(id) !== entry) return;
      this.#watched.delete(id);
      this.#tell('forget', key);
      this.#endIdle();
    };
  }

  #tell(word: 'watch' | 'forget', {workload, attempt}: AttemptKey): void {
    this.#process?.stdin.write(`${word} ${workload} ${attempt}\n`);
  }

  async #start(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    try {
      const process = await this.#connection.spawn(followAttempts);
      process.stdin.on('error', () => undefined);
      process.stderr.resume();
      this.#process = process;
      for (const key of this.#watched.values()) this.#tell('watch', key);
      this.#endIdle();
      void this.#read(process);
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#starting = false;
    }
  }

  async #read(process: RemoteProcess): Promise<void> {
    process.exit.catch(() => undefined);
    const began = performance.now();
    try {
      for await (const line of linesOf(process.stdout)) {
        const event = parseAttemptEvent(line);
        if (event) this.#pass(event);
      }
    } catch {
      // Its end says the same.
    }
    if (this.#process === process) this.#process = undefined;
    if (this.#watched.size === 0) return;
    // What ends at once each time would be started without end.
    if (performance.now() - began < 1000) await new Promise(resolve => setTimeout(resolve, 1000));
    if (this.#watched.size > 0 && !this.#process) await this.#start();
  }

  #pass(event: AttemptEvent): void {
    const id = attemptId(event);
    const watcher = this.#watched.get(id);
    if (event.kind === 'end' || event.kind === 'gone') this.#watched.delete(id);
    watcher?.onEvent(event);
    this.#endIdle();
  }

  /** A process that follows nobody takes up one of the host's sessions; the next job often comes soon. */
  #endIdle(): void {
    clearTimeout(this.#idle);
    if (this.#watched.size > 0 || !this.#process) return;
    this.#idle = setTimeout(() => {
      if (this.#watched.size > 0) return;
      this.#process?.stdin.end();
      this.#process = undefined;
    }, idleMs).unref();
  }

  #lose(error: unknown): void {
    const watchers = [...this.#watched.values()];
    this.#watched.clear();
    for (const {onLost} of watchers) onLost(error);
  }
}
