import {OutsideError} from '../../spec/errors.ts';
import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Clock} from '../clock.ts';
import type {Log} from '../log.ts';
import type {CheckpointRow, WorkloadRow} from '../store/store.ts';
import type {Attempt, CheckpointKeeper, TakenCheckpoint, WorkloadType} from '../types/workload-type.ts';
import type {WorkloadState} from '../workload-states.ts';
import type {AttemptStore} from './execution-parts.ts';
import {noCheckpoint, wordsOf} from './outside-failure.ts';

export interface AttemptCheckpointsParts {
  readonly row: WorkloadRow;
  readonly attempt: () => Attempt;
  readonly type: WorkloadType;
  readonly store: AttemptStore;
  readonly keeper: CheckpointKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly measures: Measures;
  readonly onCheckpoint: (checkpoint: CheckpointRow) => void;
  /** Reports the state it is in meanwhile; false when the attempt is not ours any more. */
  readonly transition: (to: WorkloadState) => Promise<boolean>;
}

/** The checkpoints of one attempt: taken one at a time, by hand, by time and by progress; numbered, and told to the store. */
export class AttemptCheckpoints {
  readonly #parts: AttemptCheckpointsParts;
  #number = 0;
  #taking?: Promise<CheckpointRow>;
  #keeping: Promise<unknown> = Promise.resolve();
  #stopTimer?: () => void;
  #stopped = false;
  #stopRetry?: () => void;
  /** In a row, of those that it takes by itself. */
  #failures = 0;
  /** Progress at the last one. */
  #progress: number | undefined;

  constructor(parts: AttemptCheckpointsParts) {
    this.#parts = parts;
  }

  /** The newest one of the workload, of whichever attempt. */
  countFrom(newest: CheckpointRow | undefined): void {
    this.#number = newest?.number ?? 0;
    this.#progress = newest?.progress;
  }

  /** It runs: from now on by time. */
  start(): void {
    const everyMs = this.#parts.row.workload.checkpoint?.everyMs;
    if (everyMs === undefined || this.#stopTimer || this.#stopped) return;
    this.#stopTimer = this.#parts.clock.after(everyMs, () => {
      this.#stopTimer = undefined;
      void this.#byItself('time').then(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer?.();
    this.#stopRetry?.();
  }

  progressed(percent: number): void {
    const step = this.#parts.row.workload.checkpoint?.progress;
    if (step === undefined || this.#stopped || this.#taking) return;
    if (percent - (this.#progress ?? 0) < step || percent >= 100) return;
    this.#progress = percent;
    void this.#byItself('progress');
  }

  /** One at a time: who asks while one is taken gets that one. Errors: OutsideError `no-checkpoint`. */
  take(why: CheckpointRow['why']): Promise<CheckpointRow> {
    this.#taking ??= this.#take(why).finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  /** Tells the store of one whose content is kept. */
  keep(taken: TakenCheckpoint, why: CheckpointRow['why']): Promise<CheckpointRow> {
    const kept = this.#keeping.then(() => this.#keep(taken, why));
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  async #take(why: CheckpointRow['why']): Promise<CheckpointRow> {
    const {type, row, transition} = this.#parts;
    const attempt = this.#parts.attempt();
    const deadlineMs = row.workload.checkpoint?.graceMs ?? defaultGraceMs;
    if (!(await transition('CHECKPOINTING'))) throw noCheckpoint('its attempt is over');
    try {
      const taken = await type.checkpoint(attempt, {why, deadlineMs});
      if (!taken) throw noCheckpoint(`none came within ${deadlineMs / 1000} s`);
      return await this.keep(taken, why);
    } catch (error) {
      this.#parts.measures.add('niyanta_checkpoints_total', {why, outcome: 'failed'});
      throw error;
    } finally {
      // It goes on, or has ended: then this is refused, and its end told by whoever watches it.
      if (!attempt.signal.aborted) await transition('RUNNING');
    }
  }

  async #keep(taken: TakenCheckpoint, why: CheckpointRow['why']): Promise<CheckpointRow> {
    const {store, keeper, row} = this.#parts;
    const attempt = this.#parts.attempt();
    this.#number += 1;
    if (taken.progress !== undefined) this.#progress = taken.progress;
    const {outcome, dropped} = await store.addCheckpoint(
      {
        workload: row.id,
        number: this.#number,
        attempt: attempt.attempt,
        lease: attempt.lease,
        size: taken.size,
        sha256: taken.sha256,
        progress: taken.progress,
        place: taken.place,
        why,
      },
      row.workload.checkpoint?.keep ?? defaultKeep,
    );
    if (outcome === 'fenced') throw noCheckpoint('its attempt is over');
    await keeper.drop(dropped);
    const stored = (await store.checkpoints('everyone', row.id)).find(each => each.number === this.#number);
    if (!stored) throw noCheckpoint('it was dropped at once');
    this.#failures = 0;
    this.#parts.onCheckpoint(stored);
    return stored;
  }

  async #byItself(why: 'time' | 'progress'): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.take(why);
    } catch (error) {
      this.failed(why, error);
      if (error instanceof OutsideError && error.transient) this.#again(why);
    }
  }

  /** One could not be taken, and the workload goes on: told in the log each time, in the audit once until one was kept. */
  failed(why: CheckpointRow['why'], error: unknown): void {
    const {log, row, store} = this.#parts;
    log.warn({err: error, workload: row.id}, 'no checkpoint');
    this.#failures += 1;
    if (this.#failures > 1) return;
    const data = {why, reason: wordsOf(error), attempt: row.attempt};
    const event = {type: 'checkpoint.failed', customer: row.customer, workload: row.id, actor: {name: 'niyanta'}, data};
    store.note?.(event).catch(cause => log.warn({err: cause, workload: row.id}, 'that could not be noted'));
  }

  /** What keeps checkpoints was away: sooner than the next would be taken anyway. */
  #again(why: 'time' | 'progress'): void {
    if (this.#stopped || this.#stopRetry) return;
    const ms = Math.min(firstRetryMs * 2 ** (this.#failures - 1), lastRetryMs);
    this.#stopRetry = this.#parts.clock.after(ms, () => {
      this.#stopRetry = undefined;
      void this.#byItself(why);
    });
  }
}

const firstRetryMs = 2000;
const lastRetryMs = 60_000;

/** Of workloads that have no rule for checkpoints, when somebody asks for one. */
const defaultGraceMs = 30_000;
const defaultKeep = 3;
