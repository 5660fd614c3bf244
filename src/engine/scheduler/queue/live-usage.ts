import {coresCounted} from './amounts.ts';
import type {RunningAttempt} from './request.ts';

/** Half-lives after which weights are counted from a new beginning: 2^8 times a core is still exact. */
const halfLives = 8;

/** From when weights are counted: the same for whoever asks at the same time. */
export interface Beginning {
  readonly at: number;
  readonly halfLifeMs: number;
}

export const beginningAt = (now: number, halfLifeMs: number): Beginning => ({
  at: Math.floor(now / (halfLives * halfLifeMs)) * halfLives * halfLifeMs,
  halfLifeMs,
});

/**
 * What running attempts have used so far, decayed, without looking at each of them: the sum of
 * cores × (1 − 2^(−(now − start)/half-life)) is the sum of cores less 2^(−now/half-life) times the sum of
 * cores × 2^(start/half-life). Both sums are of whole numbers, so that their order does not matter.
 */
export class LiveUsage {
  #beginning: Beginning;
  #cores = 0;
  #weights = 0;

  constructor(beginning: Beginning) {
    this.#beginning = beginning;
  }

  add(attempt: Pick<RunningAttempt, 'shape' | 'startedAt'>, sign: 1 | -1): void {
    const millionths = Math.round(coresCounted(attempt.shape.resources) * 1e6);
    const {at, halfLifeMs} = this.#beginning;
    this.#cores += sign * millionths;
    this.#weights += sign * Math.round(millionths * 2 ** ((attempt.startedAt - at) / halfLifeMs));
  }

  /** Core-seconds by `now`, as if each attempt had begun `earlierMs` before it did. */
  by(now: number, earlierMs: number): number {
    const {at, halfLifeMs} = this.#beginning;
    const cores = this.#cores - this.#weights * 2 ** ((at - now - earlierMs) / halfLifeMs);
    return Math.max(0, (cores / 1e6) * (halfLifeMs / 1000 / Math.LN2));
  }
}
