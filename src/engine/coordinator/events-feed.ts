import {type Clock, pause} from './clock.ts';
import type {Log} from './log.ts';
import type {EventRow, Store} from './store/store.ts';

const pollMs = 500;
const pageSize = 500;

export type EventListener = (event: EventRow) => void;

/** Reads events as they come and tells whoever listens. While nobody does, only the number of the newest is asked for. */
export class EventsFeed {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<EventListener>();
  #wake = Promise.withResolvers<void>();
  #last = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor({store, clock, log}: {readonly store: Store; readonly clock: Clock; readonly log: Log}) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#last = await this.#store.newestEvent();
    this.#reading = this.#read();
  }

  /** Told of all that happens from now on, and perhaps of what happened in the half second before. Returns how to stop. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    this.wake();
    return () => this.#listeners.delete(listener);
  }

  /** Something has happened. */
  wake(): void {
    this.#wake.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const {signal} = this.#stopping;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      try {
        if (this.#listeners.size === 0) this.#last = await this.#store.newestEvent();
        else await this.#readOn();
      } catch (error) {
        this.#log.warn({err: error}, 'events could not be read');
      }
      await pause(this.#clock, pollMs, signal, this.#listeners.size === 0 ? undefined : this.#wake.promise);
    }
  }

  async #readOn(): Promise<void> {
    for (let more = true; more && !this.#stopping.signal.aborted; ) {
      const events = await this.#store.events('everyone', {after: this.#last, limit: pageSize});
      for (const event of events) this.#tell(event);
      this.#last = events.at(-1)?.seq ?? this.#last;
      more = events.length === pageSize;
    }
  }

  #tell(event: EventRow): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#log.error({err: error}, 'a listener of events failed');
      }
    }
  }
}
