/** So many a second, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until one more can be taken; 0 when there is one. */
  readonly waitMs: number;
}

/** A token bucket: full at first, refilled evenly. The clock is an argument: milliseconds that never go back. */
export class TokenBucket {
  #tokens: number;
  #at: number;
  readonly rate: Rate;

  constructor(rate: Rate, now: number) {
    this.rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes `count` if there are as many; nothing otherwise. */
  take(now: number, count = 1): Taken {
    const refilled = this.#tokens + (Math.max(0, now - this.#at) * this.rate.perSecond) / 1000;
    this.#tokens = Math.min(this.rate.burst, refilled);
    this.#at = Math.max(this.#at, now);
    const allowed = this.#tokens >= count;
    if (allowed) this.#tokens -= count;
    const missing = Math.max(0, (allowed ? 1 : count) - this.#tokens);
    return {allowed, remaining: Math.floor(this.#tokens), waitMs: (missing * 1000) / this.rate.perSecond};
  }

  /** As full as a new one: nothing is lost when it is forgotten. */
  idle(now: number): boolean {
    return this.#tokens + ((now - this.#at) * this.rate.perSecond) / 1000 >= this.rate.burst;
  }
}
