import {pause, within} from '../clock.ts';
import type {AttemptReport, CheckpointRow, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {Attempt, AttemptEnd, AttemptListener, TakenCheckpoint} from '../types/workload-type.ts';
import type {WorkloadState} from '../workload-states.ts';
import {AttemptCheckpoints} from './attempt-checkpoints.ts';
import {badConfig, type End, endedByItself, endedOnPurpose, outsideEnd} from './attempt-end.ts';
import type {CarriedOut} from './carried-out.ts';
import type {ExecutionParts} from './execution-parts.ts';
import {type Intent, savesWork, stronger} from './intent.ts';
import {isHostLoss, letGo, noCheckpoint, wordsOf} from './outside-failure.ts';

/**
 * One attempt, carried out from this process: begun or adopted, watched to its end, and what became of it reported. Every
 * report is signed with the attempt's lease; `fenced` means that somebody else decides about the workload by now.
 */
export class Execution implements CarriedOut {
  readonly id: WorkloadId;
  readonly attempt: number;
  readonly worker: string;
  readonly #row: WorkloadRow;
  readonly #parts: ExecutionParts;
  readonly #letGo = new AbortController();
  readonly #wanted = Promise.withResolvers<void>();
  readonly #checkpoints: AttemptCheckpoints;
  #state: WorkloadState;
  #intent?: Intent;
  #base?: Attempt;
  #running = false;
  #ended = false;
  #over = false;
  #progress?: number;
  #restoredFrom?: number;
  /** Until it was adopted. */
  #ranForMs = 0;
  #cancelTimeout?: () => void;
  #leaveSlot?: () => void;

  constructor(row: WorkloadRow, parts: ExecutionParts) {
    this.id = row.id;
    this.attempt = row.attempt;
    this.worker = row.worker ?? '';
    this.#row = row;
    this.#state = row.state;
    this.#parts = parts;
    this.#checkpoints = new AttemptCheckpoints({
      ...parts,
      row,
      attempt: () => this.#onHost(),
      transition: async to => this.#ended || (await this.#report({to})) === 'counted',
    });
  }

  /** Resolves when nothing is left to do for this attempt here: it ended and was cleaned up, or was let go of. */
  async run(): Promise<void> {
    try {
      const end = (await this.#prepare()) ?? (await this.#untilEnd());
      if (end && !this.#gone) await this.#conclude(end);
    } catch (error) {
      if (!this.#gone) throw error;
    } finally {
      this.#ended = true;
      this.#cancelTimeout?.();
      this.#checkpoints.stop();
      this.#leaveSlot?.();
    }
  }

  /** Ends it for a reason of the coordinator's. The strongest of what is wanted counts. */
  want(intent: Intent): void {
    if (this.#intent && !stronger(intent, this.#intent)) return;
    this.#intent = intent;
    this.#wanted.resolve();
  }

  /** Its end was told, or is not this one's to tell: it must not be begun again. */
  get over(): boolean {
    return this.#over;
  }

  get stopping(): boolean {
    return this.#intent !== undefined || this.#ended;
  }

  /** Lets go of it: what runs goes on running, and nothing is reported. */
  release(why: string): void {
    this.#letGo.abort(letGo(why));
  }

  /** It is not ours any more: what runs of it is ended, and nothing more said of it. */
  async fence(): Promise<void> {
    if (this.#gone) return;
    this.#parts.log.info({workload: this.id, attempt: this.attempt}, 'fenced: it is ended here');
    this.#over = true;
    this.release('fenced');
    await within(this.#parts.clock, cleanUpMs, signal => this.#cleanUp(signal));
  }

  /** Its worker is lost, and it waits for that. */
  lost(): void {
    this.#state = 'LOST';
  }

  /** Its worker is back, and what was watched there was watched all along. */
  found(): void {
    if (this.#state === 'LOST' && this.#running && !this.#ended) this.#say({to: 'RUNNING'});
  }

  /** Errors: OutsideError `no-checkpoint`. */
  async checkpoint(why: CheckpointRow['why']): Promise<CheckpointRow> {
    if (!this.#running || this.stopping) throw noCheckpoint('it does not run');
    return this.#checkpoints.take(why);
  }

  get #gone(): boolean {
    return this.#letGo.signal.aborted;
  }

  #onHost(signal: AbortSignal = this.#letGo.signal): Attempt {
    const connection = this.#parts.connection();
    const base = this.#base as Attempt;
    if (!this.#parts.type.onHost || !connection) return {...base, signal};
    const gpus = this.#parts.gpus?.();
    const {startsAtOnce} = this.#parts;
    const room = this.#parts.room?.();
    const host = {name: this.worker, connection, ...(gpus && {gpus}), ...(room && {room}), startsAtOnce};
    return {...base, signal, host};
  }

  /** An end, when no attempt can be made of it. */
  async #prepare(): Promise<End | undefined> {
    const {type, store} = this.#parts;
    const config = type.config.safeParse(
      type.name === 'container' ? this.#row.workload.container : this.#row.workload.with,
    );
    const all = await store.checkpoints('everyone', this.id);
    this.#checkpoints.countFrom(all[0]);
    if (this.#state !== 'SCHEDULED') await this.#lookWhenItStarted();
    this.#base = {
      workload: this.#row,
      attempt: this.attempt,
      lease: this.#row.lease ?? '',
      config: config.data,
      checkpoints: all.filter(each => each.corrupt === undefined && !each.aside),
      report: this.#listener(),
      signal: this.#letGo.signal,
    };
    if (!config.success) return badConfig(type.name, config.error);
    if (type.onHost && this.#state === 'SCHEDULED') await this.#report({to: 'STARTING'});
    return undefined;
  }

  async #lookWhenItStarted(): Promise<void> {
    const attempts = await this.#parts.store.attempts('everyone', this.id);
    const startedAt = attempts.find(each => each.attempt === this.attempt)?.startedAt;
    if (startedAt !== undefined) this.#ranForMs = Math.max(0, this.#parts.now() - startedAt);
  }

  #listener(): AttemptListener {
    return {
      started: () => this.#started(),
      progress: percent => this.#progressed(percent),
      restored: number => {
        this.#restoredFrom = number;
      },
      corrupt: (number, reason) => this.#inBackground(this.#parts.store.markCorrupt(this.id, number, reason)),
      checkpointed: (taken: TakenCheckpoint) => this.#inBackground(this.#checkpoints.keep(taken, 'own')),
      notKept: (error: unknown) => this.#checkpoints.failed('own', error),
    };
  }

  /** Until it ends by itself or is ended for what was wanted. A host that is lost meanwhile is waited for. */
  async #untilEnd(): Promise<End | undefined> {
    for (let failures = 0; !this.#gone; failures += 1) {
      try {
        await this.#parts.well(this.#letGo.signal);
        return await this.#onceThrough();
      } catch (error) {
        this.#running = false;
        if (this.#gone) return undefined;
        if (!isHostLoss(error)) return outsideEnd(error);
        this.#parts.log.info({workload: this.id, attempt: this.attempt, why: wordsOf(error)}, 'its host is away');
        await this.#rest(Math.min(250 * 2 ** failures, 5000));
      } finally {
        this.#running = false;
        this.#leaveSlot?.();
      }
    }
    return undefined;
  }

  async #onceThrough(): Promise<End> {
    const {type, startSlot} = this.#parts;
    this.#leaveSlot = await startSlot(this.#letGo.signal);
    const starting = new AbortController();
    const ready = type.init(this.#onHost(AbortSignal.any([this.#letGo.signal, starting.signal])));
    await Promise.race([ready, this.#wanted.promise]);
    if (this.#intent) {
      starting.abort(letGo('not wanted any more'));
      return this.#endOnPurpose(ready.then(() => undefined));
    }
    const executing = type.execute(this.#onHost());
    const end = await Promise.race([executing, this.#wanted.promise]);
    return end ? endedByItself(end) : this.#endOnPurpose(executing);
  }

  /** Saves its work where that is meant to be, then ends it. Work that was done by then counts as done. */
  async #endOnPurpose(doing: Promise<AttemptEnd | undefined>): Promise<End> {
    const settled = doing.catch(() => undefined);
    const saves = this.#intent && savesWork(this.#intent);
    if (saves && this.#running && this.#row.workload.checkpoint)
      await Promise.race([this.#checkpoints.take(saves).catch(() => undefined), settled]);
    if (!this.#running) await Promise.race([settled, this.#rest(settleMs)]);
    await this.#parts.type.close(this.#onHost());
    const end = (await Promise.race([settled, this.#rest(settleMs)])) ?? undefined;
    return end?.outcome === 'succeeded' ? endedByItself(end) : endedOnPurpose(this.#intent ?? 'cancel', this.#row, end);
  }

  /** Its end, durably; then what is left of it is removed. */
  async #conclude(end: End): Promise<void> {
    if (end.checkpoint)
      await this.#checkpoints.keep(end.checkpoint, 'own').catch(error => this.#warn(error, 'checkpoint not kept'));
    this.#ended = true;
    const said = {progress: this.#progress, restoredFrom: this.#restoredFrom};
    const answer = await this.#parts.ended(this.#row, end, said, this.#letGo.signal);
    if (answer !== 'counted') return this.fence();
    this.#over = true;
    await this.#cleanUp(this.#letGo.signal);
  }

  /** A host that does not answer keeps what is left until it is back: whoever compares it with the store removes it. */
  async #cleanUp(signal: AbortSignal): Promise<void> {
    if (!this.#base) return;
    await this.#parts.type
      .close(this.#onHost(signal))
      .catch(error => this.#warn(error, 'its remains could not be removed'));
  }

  #started(): void {
    if (this.#gone || this.#ended) return;
    this.#running = true;
    this.#leaveSlot?.();
    this.#checkpoints.start();
    if (this.#state !== 'RUNNING') this.#say({to: 'RUNNING', restoredFrom: this.#restoredFrom});
    const {timeoutMs} = this.#row.workload;
    if (timeoutMs === undefined || this.#cancelTimeout) return;
    const left = Math.max(0, timeoutMs - this.#ranForMs);
    this.#cancelTimeout = this.#parts.clock.after(left, () => this.want('timeout'));
  }

  #progressed(percent: number): void {
    if (percent === this.#progress || this.#ended) return;
    this.#progress = percent;
    this.#checkpoints.progressed(percent);
    if (this.#state === 'RUNNING') this.#say({to: 'RUNNING', progress: percent});
  }

  async #report(said: Omit<AttemptReport, 'workload' | 'attempt' | 'lease'>): Promise<'counted' | 'fenced'> {
    const ours = {workload: this.id, attempt: this.attempt, lease: this.#row.lease ?? ''};
    const answer = await this.#parts.report({...ours, ...said}, this.#letGo.signal);
    if (answer === 'counted') this.#state = said.to;
    else await this.fence();
    return answer;
  }

  #say(said: Omit<AttemptReport, 'workload' | 'attempt' | 'lease'>): void {
    this.#inBackground(this.#report(said));
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch(error => this.#warn(error, 'not stored'));
  }

  #warn(error: unknown, text: string): void {
    if (!this.#gone) this.#parts.log.warn({err: error, workload: this.id, attempt: this.attempt}, text);
  }

  async #rest(ms: number): Promise<void> {
    await pause(this.#parts.clock, ms, this.#letGo.signal);
  }
}

/** How long a type may take to see that what it does was ended. */
const settleMs = 5000;
const cleanUpMs = 60_000;
