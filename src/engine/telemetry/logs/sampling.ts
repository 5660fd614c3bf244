/** How many lines of each event are written; errors and warnings always are. */
export interface SamplingRule {
  /** Lines a second of one event (one text of a message); 0: all of them. */
  readonly perSecond: number;
}

export interface SampledAway {
  readonly event: string;
  readonly dropped: number;
}

/** Events that are counted one by one; lines beyond are counted together. */
const mostEvents = 1000;
const windowMs = 1000;

/** Lets the first lines of each event in each second pass, and counts the rest. Time is an argument, in milliseconds. */
export class LogSampler {
  readonly #rule: SamplingRule;
  readonly #passed = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  #windowAt = Number.NEGATIVE_INFINITY;

  constructor(rule: SamplingRule) {
    this.#rule = rule;
  }

  /** Whether a line is to be written. */
  passes(event: string, now: number): boolean {
    if (this.#rule.perSecond === 0) return true;
    if (now - this.#windowAt >= windowMs) {
      this.#windowAt = now;
      this.#passed.clear();
    }
    const name = this.#passed.has(event) || this.#passed.size < mostEvents ? event : 'other';
    const passed = this.#passed.get(name) ?? 0;
    if (passed < this.#rule.perSecond) {
      this.#passed.set(name, passed + 1);
      return true;
    }
    this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + 1);
    return false;
  }

  /** What was not written since this was asked the last time. */
  takeDropped(): readonly SampledAway[] {
    const all = [...this.#dropped].map(([event, dropped]) => ({event, dropped}));
    this.#dropped.clear();
    return all;
  }
}
