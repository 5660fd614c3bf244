import {setTimeout as sleep} from 'node:timers/promises';
import type {JsonValue} from '../spec/json-value.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import type {Journal} from '../state/store.ts';
import type {JournalRecord} from './journal-record.ts';

/** Where a running plan writes down what it does. */
export interface RunLog {
  /** Durable when it resolves: called before a host is touched. Many at once cost one write. */
  durably(record: JournalRecord): Promise<void>;
  /** Written with the next durable record, or soon; never waited for. */
  note(record: JournalRecord): void;
}

/** How long records that nobody waits for may wait for company, in milliseconds. */
const gatherMs = 50;

/**
 * The journal of one run. What cannot be written is remembered: `durably` rejects with it from then on, so that nothing
 * new begins which nobody could take back.
 */
export class RunJournal implements RunLog {
  readonly run: string;
  readonly #append: (records: readonly JournalRecord[]) => Promise<void>;
  #waiting: JournalRecord[] = [];
  #gathering = false;
  #failure: unknown;

  /** `mask` is applied to what hosts said, before it is written. */
  constructor(
    journal: Journal,
    environment: EnvironmentName,
    {run, mask}: {readonly run: string; readonly mask?: (text: string) => string},
  ) {
    this.run = run;
    this.#append = records =>
      journal.append(
        environment,
        run,
        records.map(record => (mask ? masked(record, mask) : record)) as unknown as readonly JsonValue[],
      );
  }

  /** What kept it from being written. */
  get failure(): unknown {
    return this.#failure;
  }

  async durably(record: JournalRecord): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#write([...this.#waiting.splice(0), record]);
  }

  note(record: JournalRecord): void {
    this.#waiting.push(record);
    if (this.#gathering) return;
    this.#gathering = true;
    void sleep(gatherMs, undefined, {ref: false}).then(() => {
      this.#gathering = false;
      // Its failure is kept, and told by the next record that has to be durable.
      return this.#flush().catch(() => undefined);
    });
  }

  /** The last record. Tries again to write what could not be written before; says whether all of it is durable. */
  async end(record: JournalRecord): Promise<boolean> {
    this.#waiting.push(record);
    return this.#flush().then(
      () => this.#failure === undefined,
      () => false,
    );
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0));
  }

  async #write(records: readonly JournalRecord[]): Promise<void> {
    try {
      await this.#append(records);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}

/** Texts of events; what a plan says has no secret's value in it, and ids must stay what they are. */
function masked(record: JournalRecord, mask: (text: string) => string): JournalRecord {
  if (record.type === 'begin') return record;
  const texts = new Set(['message', 'reason', 'log', 'leftovers']);
  const walk = (value: unknown, hide: boolean): unknown => {
    if (typeof value === 'string') return hide ? mask(value) : value;
    if (Array.isArray(value)) return value.map(item => walk(item, hide));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, hide || texts.has(key))]));
  };
  return walk(record, false) as JournalRecord;
}
