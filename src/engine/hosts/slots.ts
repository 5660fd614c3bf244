/** A fixed number of places; who comes when all are taken waits in order. */
export class Slots {
  #free: number;
  readonly #waiting: {readonly enter: () => void}[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves to the function that gives the place back. Rejects with the signal's reason when aborted while waiting. */
  take(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(this.#leave());
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const waiter = {
        enter: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve(this.#leave());
        },
      };
      signal?.addEventListener('abort', giveUp, {once: true});
      this.#waiting.push(waiter);
    });
  }

  #leave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next.enter();
    };
  }
}
