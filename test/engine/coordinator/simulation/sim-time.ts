import {Heap} from '../../../../src/engine/scheduler/queue/heap.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly then: () => void;
  cancelled: boolean;
}

/** Time that passes only when the simulation lets it: everything that happens is a call that is due, one after another. */
export class SimTime {
  readonly #due = new Heap<Due>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #now = 0;
  #order = 0;

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    this.#order += 1;
    const due = {at: this.#now + Math.max(0, ms), order: this.#order, then, cancelled: false};
    this.#due.push(due);
    return () => {
      due.cancelled = true;
    };
  }

  /** Lets so much time pass. All that follows at once from a call (promises) is done before the next one. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#due.peek(); next && next.at <= until; next = this.#due.peek()) {
      this.#due.pop();
      if (next.cancelled) continue;
      this.#now = next.at;
      next.then();
      await settled();
    }
    this.#now = until;
  }
}

/** Node runs its ticks when no promise is left to be told. */
const settled = (): Promise<void> => new Promise(resolve => process.nextTick(resolve));
