/**
 * Which workers changed, in order, so that whoever looked before looks only at those again. It remembers as many changes
 * as there are workers; who is further behind looks at all of them.
 */
export class ChangeLog {
  #ring = new Int32Array(0);
  /** Changes so far: where a reader that knows everything stands. */
  head = 0;

  /** Forgets what was, for another set of workers. */
  reset(workers: number): void {
    this.#ring = new Int32Array(Math.max(64, workers));
    this.head = 0;
  }

  add(worker: number): void {
    this.#ring[this.head % this.#ring.length] = worker;
    this.head += 1;
  }

  remembers(since: number): boolean {
    return this.head - since <= this.#ring.length;
  }

  /** The worker of change number `at`. */
  worker(at: number): number {
    return this.#ring[at % this.#ring.length]!;
  }
}
