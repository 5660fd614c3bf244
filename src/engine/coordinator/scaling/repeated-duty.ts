import {type Clock, pause} from '../clock.ts';
import type {Duty} from '../duty.ts';
import type {Log} from '../log.ts';
import type {Leadership} from '../store/store.ts';

/** What a term does at each look. Nothing of it is remembered by the next term. */
export interface RepeatedRound {
  round(): Promise<void>;
}

interface Repetition {
  readonly clock: Clock;
  readonly log: Log;
  /** From the end of one look to the next. */
  readonly everyMs: () => number;
  /** Logged when a look fails; the next one comes all the same. */
  readonly failed: string;
}

/** A duty that looks again and again by the clock, while the coordinator leads. */
export class RepeatedDuty implements Duty {
  readonly #repetition: Repetition;
  readonly #term: (leadership: () => Leadership | undefined, signal: AbortSignal) => RepeatedRound;
  #over = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    repetition: Repetition,
    term: (leadership: () => Leadership | undefined, signal: AbortSignal) => RepeatedRound,
  ) {
    this.#repetition = repetition;
    this.#term = term;
  }

  begin(leadership: () => Leadership | undefined): void {
    this.#over = new AbortController();
    this.#running = this.#repeat(this.#term(leadership, this.#over.signal), this.#over.signal);
  }

  /** It goes by the clock alone. */
  wake(): void {}

  async end(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #repeat(term: RepeatedRound, signal: AbortSignal): Promise<void> {
    const {clock, log, everyMs, failed} = this.#repetition;
    while (!signal.aborted) {
      try {
        await term.round();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({err: error}, failed);
      }
      await pause(clock, everyMs(), signal);
    }
  }
}
