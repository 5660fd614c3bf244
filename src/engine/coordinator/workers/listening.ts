/**
 * How long this process has listened to others. Of the time between two looks at the clock only so much counts in which it
 * can have heard somebody: a process that was stopped, or too busy to come around to its looks, does not take its own
 * sleep for the silence of others. Give it a monotonic clock.
 */
export class Listening {
  readonly #mostMs: number;
  #at: number;

  /** `mostMs`: of the time between two looks at most so much counts. */
  constructor(nowMs: number, mostMs: number) {
    this.#at = nowMs;
    this.#mostMs = mostMs;
  }

  /** Milliseconds that count since the last look. */
  passed(nowMs: number): number {
    const ms = Math.min(Math.max(0, nowMs - this.#at), this.#mostMs);
    this.#at = nowMs;
    return ms;
  }
}

/** How often whoever counts silence looks at the clock. */
export const lookMs = 500;

/** A look may come a little late, and counts for what it is. */
export const mostBetweenLooksMs = 2 * lookMs;
