import {randomBytes} from 'node:crypto';
import {type Clock, pause} from '../clock.ts';
import type {AttemptLogLine} from '../types/workload-type.ts';

interface Reading {
  readonly lines: AsyncIterator<AttemptLogLine>;
  readonly ending: AbortController;
  pending?: Promise<IteratorResult<AttemptLogLine>>;
  forget: () => void;
}

const mostLines = 500;
const mostBytes = 400_000;
const mostAtOnce = 200;
/** A reader is answered after so long even when nothing was printed; one that does not come back is forgotten. */
const waitMs = 5000;
const gatherMs = 20;
const idleMs = 45_000;

/** Logs that coordinators read from here, some lines at a time. */
export class LogReads {
  readonly #clock: Clock;
  readonly #reading = new Map<string, Reading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(linesOf: (signal: AbortSignal) => AsyncIterable<AttemptLogLine>): string {
    const oldest = this.#reading.keys().next().value;
    if (this.#reading.size >= mostAtOnce && oldest !== undefined) this.close(oldest);
    const id = randomBytes(12).toString('hex');
    const ending = new AbortController();
    const lines = linesOf(ending.signal)[Symbol.asyncIterator]();
    this.#reading.set(id, {lines, ending, forget: this.#later(id)});
    return id;
  }

  async read(id: string): Promise<{readonly lines: readonly AttemptLogLine[]; readonly over: boolean}> {
    const reading = this.#reading.get(id);
    if (!reading) return {lines: [], over: true};
    reading.forget();
    const lines: AttemptLogLine[] = [];
    try {
      for (let bytes = 0; lines.length < mostLines && bytes < mostBytes; ) {
        const next = await this.#next(reading, lines.length === 0 ? waitMs : gatherMs);
        if (!next) break;
        if (next.done) {
          this.close(id);
          return {lines, over: true};
        }
        lines.push(next.value);
        bytes += next.value.text.length + 100;
      }
    } catch (error) {
      this.close(id);
      throw error;
    }
    reading.forget = this.#later(id);
    return {lines, over: false};
  }

  close(id: string): void {
    const reading = this.#reading.get(id);
    this.#reading.delete(id);
    reading?.forget();
    reading?.ending.abort(new Error('nobody reads it any more'));
    reading?.pending?.catch(() => undefined);
    void reading?.lines.return?.()?.catch(() => undefined);
  }

  end(): void {
    for (const id of [...this.#reading.keys()]) this.close(id);
  }

  /** Undefined: nothing came in time; it is what comes next then. */
  async #next(reading: Reading, ms: number): Promise<IteratorResult<AttemptLogLine> | undefined> {
    reading.pending ??= reading.lines.next();
    const resting = new AbortController();
    const next = await Promise.race([reading.pending, pause(this.#clock, ms, resting.signal)]);
    resting.abort();
    if (next) reading.pending = undefined;
    return next ?? undefined;
  }

  #later(id: string): () => void {
    return this.#clock.after(idleMs, () => this.close(id));
  }
}
