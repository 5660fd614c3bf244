import type {HostName} from '../../spec/stack.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import type {PooledWorker} from '../workers/worker-pool.ts';
import {type Ahead, endsSince} from './ahead.ts';
import {compareWorker, remainsOn} from './compare-worker.ts';
import type {Picture} from './picture.ts';
import {conditionOf} from './silence.ts';
import type {TermParts} from './term-parts.ts';

const againAfterMs = 3000;

interface ComparisonsParts extends TermParts {
  readonly picture: Pick<Picture, 'get' | 'all'>;
  readonly onDone: () => void;
}

/** Sees to it that nothing is placed on a worker before what is there was held against the store, each time it came back. */
export class Comparisons {
  readonly #parts: ComparisonsParts;
  readonly #compared = new Map<HostName, number>();
  readonly #learnt = new Set<HostName>();
  readonly #going = new Set<HostName>();
  readonly #notBefore = new Map<HostName, number>();
  #ahead: readonly Ahead[] = [];
  readonly #beganAt: number;
  #over = false;

  constructor(parts: ComparisonsParts) {
    this.#parts = parts;
    this.#beganAt = parts.clock.monotonicMs();
  }

  /** Why nothing may be placed there yet. */
  objection(worker: PooledWorker): string | undefined {
    return this.#isDue(worker) ? 'what runs there is being compared with what should' : undefined;
  }

  /** Begins with those that are due and answer. */
  begin(): void {
    const {workers, clock, settings} = this.#parts;
    for (const worker of workers.workers()) {
      const answers = conditionOf(worker.silentMs(), settings().silence) === 'well' && worker.epoch() > 0;
      const waits = clock.monotonicMs() < (this.#notBefore.get(worker.name) ?? 0);
      if (!this.#isDue(worker) || !answers || waits || this.#going.has(worker.name)) continue;
      this.#going.add(worker.name);
      void this.#compare(worker, worker.epoch()).finally(() => {
        this.#going.delete(worker.name);
        if (!this.#over) this.#parts.onDone();
      });
    }
  }

  /** What was found and is to be placed where it is. */
  ahead(): readonly Ahead[] {
    return this.#ahead;
  }

  /** These were placed, or are not wanted any more: what there is of the latter is looked at again. */
  done(ahead: readonly Ahead[]): void {
    this.#ahead = this.#ahead.filter(each => !ahead.includes(each));
    for (const {workload, attempt, worker, there} of ahead) {
      const row = this.#parts.picture.get(workload);
      if (there && (row?.attempt !== attempt || row.worker !== worker)) this.#compared.delete(worker);
    }
  }

  /**
   * Whether a worker that may answer was not looked at yet in this term. Of a store that was put back from a backup, it
   * may run what the store believes to wait: nothing is started anywhere before that is known. Not for longer than a
   * worker has until it is suspect.
   */
  settling(): boolean {
    const {workers, clock, settings} = this.#parts;
    const {silence} = settings();
    if (clock.monotonicMs() - this.#beganAt >= silence.suspectMs) return false;
    return workers.workers().some(worker => {
      if (conditionOf(worker.silentMs(), silence) !== 'well' || worker.failure() !== undefined) return false;
      return worker.epoch() === 0 || (this.#isDue(worker) && !this.#compared.has(worker.name));
    });
  }

  end(): void {
    this.#over = true;
  }

  /** A worker without a connection is this process: nothing of an earlier one is left there. */
  #isDue(worker: PooledWorker): boolean {
    return (worker.agent ?? worker.connection()) !== undefined && this.#compared.get(worker.name) !== worker.epoch();
  }

  async #compare(worker: PooledWorker, epoch: number): Promise<void> {
    const connection = worker.connection();
    const {types, log, clock, picture} = this.#parts;
    const remains = worker.agent ?? (connection && remainsOn({name: worker.name, connection}, types.values()));
    if (!remains) return;
    try {
      await compareWorker(worker.name, remains, {
        ...this.#parts,
        row: id => picture.get(id),
        // A store is restored between two terms only.
        ...(!this.#learnt.has(worker.name) && {endsSince: endsSince(picture.all())}),
        onAhead: ahead => {
          this.#ahead = [...this.#ahead, ...ahead];
          this.#learnt.add(worker.name);
          if (!this.#over) this.#parts.onDone();
        },
      });
      this.#compared.set(worker.name, epoch);
    } catch (error) {
      log.warn({host: worker.name, why: wordsOf(error)}, 'what runs there could not be compared');
      this.#notBefore.set(worker.name, clock.monotonicMs() + againAfterMs);
    }
  }
}
