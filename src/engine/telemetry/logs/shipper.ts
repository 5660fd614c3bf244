import type {LogRecord} from './log-record.ts';

/** Where batches go. */
export interface LogTarget {
  /** Of the metrics: `loki`, `elasticsearch`. */
  readonly name: string;
  /**
   * Those that are to be sent again, after a rest; none when all were taken, or will never be. Rejects when nobody
   * answered: all of them are sent again.
   */
  send(batch: readonly LogRecord[], signal: AbortSignal): Promise<SentBatch>;
}

export interface SentBatch {
  readonly again: readonly LogRecord[];
  /** How many were refused for good. */
  readonly refused: number;
}

export interface ShipperParts {
  readonly target: LogTarget;
  /** Bytes of lines that wait at most; the oldest are given up beyond. */
  readonly bufferBytes: number;
  readonly everyMs: number;
  /** Told how many lines were shipped, dropped. */
  readonly count: (outcome: 'shipped' | 'dropped', lines: number) => void;
  /** Told when a target begins to fail and when it works again; not for each try. */
  readonly trouble: (why: string | undefined) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const mostAtOnce = 1000;
const mostBytesAtOnce = 4 * 2 ** 20;
const longestRestMs = 30_000;

/** Sends lines in batches, in their order, again while the target does not take them; never more in memory than told. */
export class LogShipper {
  readonly #parts: ShipperParts;
  readonly #stopping = new AbortController();
  readonly #cut = new AbortController();
  readonly #done: Promise<void>;
  #waiting: LogRecord[] = [];
  #bytes = 0;
  #failing = false;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
    this.#done = this.#run();
  }

  take(record: LogRecord): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.push(record);
    this.#bytes += sizeOf(record);
    this.#dropBeyond();
  }

  /** Sends what is left, for so long at most. */
  async close(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    const late = setTimeout(() => this.#cut.abort(), deadlineMs);
    await this.#done;
    clearTimeout(late);
    this.#parts.count('dropped', this.#waiting.length);
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    const {everyMs, sleep} = this.#parts;
    let failures = 0;
    while (!this.#cut.signal.aborted) {
      const rest = failures === 0 ? everyMs : Math.min(everyMs * 2 ** failures, longestRestMs);
      const isLast = this.#stopping.signal.aborted;
      if (this.#waiting.length === 0 && isLast) return;
      await sleep(rest, isLast ? this.#cut.signal : AbortSignal.any([this.#stopping.signal, this.#cut.signal]));
      while (this.#waiting.length > 0 && !this.#cut.signal.aborted) {
        const sent = await this.#sendOnce();
        failures = sent ? 0 : failures + 1;
        if (!sent) break;
      }
    }
  }

  async #sendOnce(): Promise<boolean> {
    const {target, count} = this.#parts;
    const batch = this.#takeBatch();
    try {
      const {again, refused} = await target.send(batch, this.#cut.signal);
      count('shipped', batch.length - again.length - refused);
      if (refused > 0) count('dropped', refused);
      this.#putBack(again);
      this.#tell(again.length > 0 ? 'some lines were not taken yet' : undefined);
      return again.length === 0;
    } catch (error) {
      this.#putBack(batch);
      this.#tell(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  #takeBatch(): readonly LogRecord[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((record, index) => {
      bytes += sizeOf(record);
      return index >= mostAtOnce || (index > 0 && bytes > mostBytesAtOnce);
    });
    const batch = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const record of batch) this.#bytes -= sizeOf(record);
    return batch;
  }

  #putBack(batch: readonly LogRecord[]): void {
    this.#waiting.unshift(...batch);
    for (const record of batch) this.#bytes += sizeOf(record);
    this.#dropBeyond();
  }

  #dropBeyond(): void {
    let count = 0;
    while (this.#bytes > this.#parts.bufferBytes && count < this.#waiting.length) {
      this.#bytes -= sizeOf(this.#waiting[count]!);
      count += 1;
    }
    if (count === 0) return;
    this.#waiting.splice(0, count);
    this.#parts.count('dropped', count);
  }

  #tell(why: string | undefined): void {
    if ((why !== undefined) === this.#failing) return;
    this.#failing = why !== undefined;
    this.#parts.trouble(why);
  }
}

/** About, without writing it twice. */
const sizeOf = ({message, fields}: LogRecord): number => 200 + message.length + 40 * Object.keys(fields).length;
