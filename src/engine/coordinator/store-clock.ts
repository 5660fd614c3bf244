import type {Clock} from './clock.ts';
import type {Store} from './store/store.ts';

/** The database's clock between two looks at it, by this machine's monotonic one. */
export class StoreClock {
  readonly #clock: Clock;
  readonly #store: Store;
  #ahead = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async sync(): Promise<void> {
    const before = this.#clock.monotonicMs();
    const now = await this.#store.now();
    this.#ahead = now - (before + this.#clock.monotonicMs()) / 2;
  }

  now(): number {
    return Math.round(this.#clock.monotonicMs() + this.#ahead);
  }
}
