import type {Clock} from './clock.ts';

export interface CircuitBreakerParts {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** So long nobody is let through then. Milliseconds. */
  readonly restMs: number;
  /** Not every error is a failure of what is guarded: it may be an answer. */
  readonly isFailure: (error: unknown) => boolean;
  /** What callers are told who are not let through. */
  readonly refusal: (last: unknown) => Error;
  /** Not the time of day: when that is put back, a rest would last for hours. */
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * Closed, all pass. Open, all are refused at once, so that they do not pile up behind something that does not answer. After
 * its rest it is half open: one caller tries, and the others wait for what becomes of that; its success, or an error that
 * is no failure, closes it, its failure opens it for another rest.
 */
export class CircuitBreaker {
  readonly #parts: CircuitBreakerParts;
  #failures = 0;
  #openUntilMs?: number;
  /** Resolves when whoever tries is done. */
  #trial?: Promise<void>;
  #last: unknown;

  constructor(parts: CircuitBreakerParts) {
    this.#parts = parts;
  }

  /** The last failure, until somebody got through again; undefined when it is closed. */
  get trouble(): {readonly last: unknown} | undefined {
    return this.#openUntilMs === undefined ? undefined : {last: this.#last};
  }

  /** Errors: the work's own, and the refusal. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const {clock, refusal} = this.#parts;
    while (this.#trial) await this.#trial;
    if (this.#openUntilMs === undefined) return this.#let(work, () => this.#openUntilMs === undefined);
    if (clock.monotonicMs() < this.#openUntilMs) throw refusal(this.#last);
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#trial = promise;
    try {
      return await this.#let(work, () => true);
    } finally {
      this.#trial = undefined;
      resolve();
    }
  }

  /** `counts`: what began before it opened says nothing of now. */
  async #let<T>(work: () => Promise<T>, counts: () => boolean): Promise<T> {
    try {
      const value = await work();
      if (counts()) this.#close();
      return value;
    } catch (error) {
      if (counts()) {
        if (this.#parts.isFailure(error)) this.#failed(error);
        else this.#close();
      }
      throw error;
    }
  }

  #close(): void {
    this.#failures = 0;
    this.#openUntilMs = undefined;
  }

  #failed(error: unknown): void {
    const {failures, restMs, clock} = this.#parts;
    this.#last = error;
    this.#failures += 1;
    if (this.#failures >= failures) this.#openUntilMs = clock.monotonicMs() + restMs;
  }
}
