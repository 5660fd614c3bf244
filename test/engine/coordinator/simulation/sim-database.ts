import {pause} from '../../../../src/engine/coordinator/clock.ts';
import type {Database, Session} from '../../../../src/engine/coordinator/store/database.ts';
import {sqliteMigrations} from '../../../../src/engine/coordinator/store/sqlite/sqlite-migrations.ts';
import {sqliteSession} from '../../../../src/engine/coordinator/store/sqlite/sqlite-session.ts';
import {OutsideError} from '../../../../src/engine/spec/errors.ts';
import type {Random} from '../../scheduler/queue/random.ts';
import type {SimProcess} from './sim-process.ts';
import type {SimTime} from './sim-time.ts';
import type {SqliteInMemory} from './sqlite-in-memory.ts';

/** 2023-11-14T22:13:20Z. */
export const epoch = 1_700_000_000_000;
const patienceMs = 2500;
const answerWithinMs = 5000;

type Work<T> = (session: Session, again: boolean) => Promise<T>;

/** The answer to one try of a transaction is not known: it may have been done. */
class Unknown extends Error {}

/**
 * A database server that several processes reach over a network: the real statements on SQLite in memory, one transaction
 * after another. Answers take their time and may be lost, tries that were given up may be done late, and its clock jumps.
 */
export class SimDatabase {
  readonly #time: SimTime;
  readonly #random: Random;
  readonly #sqlite: SqliteInMemory;
  readonly #listeners = new Map<() => void, SimProcess>();
  readonly #session: Session;
  #late: (() => void)[] = [];
  #hinted = false;
  #era = 0;
  /** `refuses`: restarted. `dark`: what is sent there gets no answer. */
  condition: 'up' | 'refuses' | 'dark' = 'up';
  /** How often a connection breaks in the middle of a transaction. */
  breaks = 0;
  aheadMs = 0;

  constructor(time: SimTime, random: Random, sqlite: SqliteInMemory) {
    this.#time = time;
    this.#random = random;
    this.#sqlite = sqlite;
    sqlite.empty(sqliteMigrations);
    this.#session = {
      ...sqliteSession(sqlite.cached(), () => this.now()),
      hint: async () => {
        this.#hinted = true;
      },
    };
  }

  now(): number {
    return epoch + Math.floor(this.#time.now) + this.aheadMs;
  }

  /** It answers again; some of what was sent while it did not is done now. */
  up(): void {
    this.condition = 'up';
    for (const late of this.#late.splice(0))
      if (this.#random.chance(0.5)) this.#time.after(this.#random.below(50), late);
  }

  /** What was sent before is not done any more. */
  forgetLate(): void {
    this.#late = [];
    this.#listeners.clear();
    this.#era += 1;
  }

  /** As somebody on its machine. */
  inspect<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.#session);
  }

  /** What `pg_dump` gives; to be put back with `restore`. */
  backUp(): () => void {
    return this.#sqlite.backUp();
  }

  /** The connections of one process. */
  connect(process: SimProcess): Database {
    return {
      kind: 'postgres',
      write: work => this.#try(process, work, true),
      writeAlone: work => this.#try(process, work, true),
      read: work => this.#try(process, session => work(session), false),
      onHint: async listener => {
        this.#listeners.set(listener, process);
        return async () => void this.#listeners.delete(listener);
      },
      close: async () => {},
    };
  }

  /** As `PostgresDatabase` does: again and again for a while, telling the transaction that it may have been done. */
  async #try<T>(process: SimProcess, work: Work<T>, writes: boolean): Promise<T> {
    const began = process.monotonicMs();
    for (let wait = 20, again = false; ; wait = Math.min(2 * wait, 500), again = true) {
      try {
        return await this.#once(process, session => work(session, again), writes);
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        if (process.monotonicMs() - began > patienceMs) throw unreachable(error);
      }
      await pause(process, wait);
    }
  }

  #once<T>(process: SimProcess, work: (session: Session) => Promise<T>, writes: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const unknown = () => reject(new Unknown('connection lost'));
      const answer = (say: () => void) =>
        writes ? this.#time.after(this.#latency(), () => process.tell(say)) : process.tell(say);
      const broken = this.#random.chance(this.breaks) ? this.#random.of(['before', 'after'] as const) : undefined;
      const era = this.#era;
      const arrive = async () => {
        if (this.condition === 'dark' || era !== this.#era) {
          if (writes && era === this.#era) this.#late.push(() => void this.#run(work, writes).catch(() => undefined));
          return process.after(answerWithinMs, unknown);
        }
        if (this.condition === 'refuses' || broken === 'before') return answer(unknown);
        const said = await this.#run(work, writes).then(
          value => () => resolve(value),
          error => () => reject(error),
        );
        return answer(broken === 'after' ? unknown : said);
      };
      this.#time.after(this.#latency(), () => void arrive());
    });
  }

  async #run<T>(work: (session: Session) => Promise<T>, writes: boolean): Promise<T> {
    if (!writes) return work(this.#session);
    this.#hinted = false;
    const done = await this.#sqlite.transaction(() => work(this.#session));
    if (this.#hinted) this.#tellListeners();
    return done;
  }

  /** Hints may be lost, and doubled. */
  #tellListeners(): void {
    for (const [listener, process] of this.#listeners)
      for (let copies = this.#random.of([0, 1, 1, 1, 1, 2]); copies > 0; copies -= 1)
        this.#time.after(this.#latency(), () => process.tell(listener));
  }

  #latency(): number {
    return this.#random.chance(0.02) ? this.#random.below(1500) : 1 + this.#random.below(8);
  }
}

const unreachable = (cause: unknown): OutsideError =>
  new OutsideError({code: 'database-unreachable', message: 'the database cannot be reached', transient: true, cause});
