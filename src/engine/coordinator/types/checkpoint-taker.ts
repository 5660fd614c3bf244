import {Readable} from 'node:stream';
import {commandFailed} from '../../hosts/must-run.ts';
import {produced} from '../../runtime/backup/feed.ts';
import {checkpointFolder} from '../../runtime/workloads/attempt-paths.ts';
import type {AttemptKey} from '../../runtime/workloads/attempt-spec.ts';
import {checkedCheckpoint} from '../../runtime/workloads/checkpoint-tar.ts';
import {packCheckpoint} from '../../runtime/workloads/pack-script.ts';
import type {WorkloadHost} from '../../runtime/workloads/workload-host.ts';
import {OutsideError} from '../../spec/errors.ts';
import {formatSize} from '../../spec/quantities.ts';
import type {Attempt, CheckpointKeeper, TakenCheckpoint} from './workload-type.ts';

/** A job that writes checkpoints faster is not followed in each of them. Milliseconds from the end of one to the next. */
const restMs = 5000;

/** Of workloads that say nothing of it: bytes of a checkpoint's files together. */
const mostBytes = 10 * 2 ** 30;

/**
 * Takes the checkpoints of one attempt off its host: those it was told to write, and those that it writes by itself. One at
 * a time. What is not whole when it is read (the job was writing again) waits for the next file of checksums.
 */
export class CheckpointTaker {
  readonly #host: WorkloadHost;
  readonly #attempt: Attempt<unknown>;
  readonly #keeper: CheckpointKeeper;
  /** Of the file of checksums that is in place, of the last that was read, and of the last that was read and was whole. */
  #mark = '';
  #read = '';
  #kept = '';
  #count = 0;
  #busy: Promise<unknown> = Promise.resolve();
  #resting?: NodeJS.Timeout;
  #asked?: {readonly ended: Promise<unknown>; wake: () => void};
  #over = false;

  constructor(host: WorkloadHost, attempt: Attempt<unknown>, keeper: CheckpointKeeper) {
    this.#host = host;
    this.#attempt = attempt;
    this.#keeper = keeper;
  }

  /** Whether one of this attempt was kept. */
  get any(): boolean {
    return this.#count > 0;
  }

  /** Another file of checksums is in place. */
  seen(mark: string): void {
    this.#mark = mark;
    if (this.#asked) this.#asked.wake();
    else this.#takeOwn();
  }

  /** Has the job write one. Undefined: none came in time, or it ended without. */
  async ask(signal: string, deadlineMs: number): Promise<TakenCheckpoint | undefined> {
    await this.#asked?.ended.catch(() => undefined);
    if (this.#over) return undefined;
    const until = performance.now() + deadlineMs;
    const ended = this.#answered(signal, deadlineMs, until);
    try {
      return await ended;
    } finally {
      this.#asked = undefined;
    }
  }

  /** The attempt has ended: the last one that nobody has yet. `all`: whatever it left, where it wrote no checksums. */
  async last(all: boolean): Promise<TakenCheckpoint | undefined> {
    this.#over = true;
    clearTimeout(this.#resting);
    this.#asked?.wake();
    await this.#asked?.ended.catch(() => undefined);
    await this.#busy.catch(() => undefined);
    if (this.#mark !== this.#kept) return this.#take('summed');
    return all && this.#mark === '' ? this.#take('all') : undefined;
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#resting);
  }

  #answered(signal: string, deadlineMs: number, until: number): Promise<TakenCheckpoint | undefined> {
    let wake = (): void => undefined;
    const answer = async (): Promise<TakenCheckpoint | undefined> => {
      await this.#busy.catch(() => undefined);
      // What it wrote before it was told counts as its own; from now on it counts for who asks.
      const before = this.#mark;
      if (!(await this.#host.notice(this.#key, signal, deadlineMs))) return undefined;
      for (let tried = before; ; ) {
        if (this.#mark !== tried) {
          tried = this.#mark;
          const taken = await this.#take('summed').catch(whole);
          if (taken) return taken;
          continue;
        }
        const left = until - performance.now();
        if (left <= 0 || this.#over) return undefined;
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    };
    const ended = answer();
    ended.catch(() => undefined);
    this.#asked = {ended, wake: () => wake()};
    return ended;
  }

  #takeOwn(): void {
    if (this.#resting !== undefined || this.#over) return;
    const taking = this.#busy.then(async () => {
      if (this.#asked || this.#over || this.#mark === this.#read) return;
      const taken = await this.#take('summed').catch(whole);
      if (taken) this.#attempt.report.checkpointed(taken);
    });
    taking.catch(error => {
      if (this.#over) return;
      this.#attempt.report.notKept(error);
      // Read again at the next look; one that is too large will be so then.
      if (!isTooLarge(error)) this.#read = '';
      this.#rest();
    });
    this.#busy = taking.catch(() => undefined);
    this.#rest();
  }

  #rest(): void {
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined;
      if (this.#mark !== this.#read && !this.#asked) this.#takeOwn();
    }, restMs).unref();
  }

  /** Undefined where the store has it already (a coordinator that started anew finds what the former one took). */
  async #take(which: 'summed' | 'all'): Promise<TakenCheckpoint | undefined> {
    const mark = this.#mark;
    this.#read = mark;
    const most = this.#attempt.workload.workload.checkpoint?.maxSize ?? mostBytes;
    const command = packCheckpoint(checkpointFolder(this.#key), which, most);
    const process = await this.#host.changing.reading.spawn(command);
    const source = Readable.from(
      produced(process, output => {
        if (output.code === 3) throw torn(output.stderr);
        if (output.code === 4) throw tooLarge(most);
        if (output.code !== 0) throw commandFailed(this.#host.name, 'read a checkpoint', command, output);
      }),
      {objectMode: false},
    );
    const {tar, progress} = checkedCheckpoint(source, which);
    progress.catch(() => undefined);
    const kept = await this.#keeper.keep(this.#attempt, tar).finally(() => source.destroy());
    this.#count += 1;
    this.#kept = mark;
    const percent = await progress;
    const known = this.#attempt.checkpoints.some(
      ({attempt, sha256}) => attempt === this.#attempt.attempt && sha256 === kept.sha256,
    );
    if (!known) return {...kept, ...(percent === undefined ? {} : {progress: percent})};
    await this.#keeper.drop([kept]);
    return undefined;
  }

  get #key(): AttemptKey {
    return {workload: this.#attempt.workload.id, attempt: this.#attempt.attempt};
  }
}

/** One that is not whole is no failure: the next may be. */
function whole(error: unknown): undefined {
  if (error instanceof OutsideError && error.code === 'checkpoint-torn') return undefined;
  throw error;
}

const tooLarge = (most: number): OutsideError =>
  new OutsideError({
    code: 'checkpoint-too-large',
    message: `the checkpoint has more than ${formatSize(most)} (checkpoint.maxSize): it is not kept`,
    hint: 'Raise checkpoint.maxSize, or have the job write less.',
  });

const isTooLarge = (error: unknown): boolean => error instanceof OutsideError && error.code === 'checkpoint-too-large';

const torn = (said: string): OutsideError =>
  new OutsideError({
    code: 'checkpoint-torn',
    message: `the checkpoint is not whole: ${said.trim().split('\n').at(-1)}`,
  });
