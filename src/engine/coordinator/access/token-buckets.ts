import {type Rate, type Taken, TokenBucket} from './token-bucket.ts';

/** A bucket for each name, as many as are in use; a bounded number of them, since names may come from outside. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  take(name: string, rate: Rate, now: number, count = 1): Taken {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined || bucket.rate.perSecond !== rate.perSecond || bucket.rate.burst !== rate.burst) {
      bucket = new TokenBucket(rate, now);
      this.#makeRoom(now);
      this.#buckets.set(name, bucket);
    }
    return bucket.take(now, count);
  }

  /** Those that are full again go first, then the oldest. */
  #makeRoom(now: number): void {
    if (this.#buckets.size < this.#most) return;
    for (const [name, bucket] of this.#buckets) if (bucket.idle(now)) this.#buckets.delete(name);
    for (const name of this.#buckets.keys()) {
      if (this.#buckets.size < this.#most) return;
      this.#buckets.delete(name);
    }
  }
}
