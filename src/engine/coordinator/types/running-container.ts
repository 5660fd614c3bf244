import {exitReason} from '../../runtime/exit-reason.ts';
import type {AttemptKey} from '../../runtime/workloads/attempt-spec.ts';
import {contract} from '../../runtime/workloads/contract.ts';
import type {AttemptEvent} from '../../runtime/workloads/follow-events.ts';
import type {WorkloadHost} from '../../runtime/workloads/workload-host.ts';
import type {ContainerJob} from '../../spec/workload.ts';
import type {Store} from '../store/store.ts';
import {CheckpointTaker} from './checkpoint-taker.ts';
import {type Collected, collectLog, collectOutputs} from './collect-attempt.ts';
import type {Attempt, AttemptEnd, CheckpointKeeper, TakenCheckpoint} from './workload-type.ts';

type Ending = Extract<AttemptEvent, {kind: 'end' | 'gone'}>;

/** A job that was started on its host, from then until all that came out of it is collected. */
export class RunningContainer {
  readonly checkpoints: CheckpointTaker;
  readonly #host: WorkloadHost;
  readonly #attempt: Attempt<ContainerJob>;
  readonly #blobs: Pick<Store, 'putBlob'>;
  #settled: Promise<unknown> = Promise.resolve();

  constructor(
    host: WorkloadHost,
    attempt: Attempt<ContainerJob>,
    {blobs, keeper}: {readonly blobs: Pick<Store, 'putBlob'>; readonly keeper: CheckpointKeeper},
  ) {
    this.#host = host;
    this.#attempt = attempt;
    this.#blobs = blobs;
    this.checkpoints = new CheckpointTaker(host, attempt, keeper);
  }

  /** Waits for its end. Rejects with the signal's reason, or when its host is lost; what runs is left alone then. */
  ended(signal: AbortSignal): Promise<AttemptEnd> {
    const ended = this.#wait(signal).then(ending => this.#collect(ending));
    this.#settled = ended.catch(() => this.checkpoints.stop());
    return ended;
  }

  /** Resolves when that is over, or time is. */
  async settled(patienceMs: number): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    await Promise.race([this.#settled, promise]);
    clearTimeout(timer);
  }

  async #wait(signal: AbortSignal): Promise<Ending> {
    signal.throwIfAborted();
    const {promise, resolve, reject} = Promise.withResolvers<Ending>();
    const unwatch = this.#host.follower.watch(this.#key, {
      onEvent: event => {
        if (event.kind === 'progress') this.#attempt.report.progress(event.percent);
        else if (event.kind === 'checkpoint') this.checkpoints.seen(event.mark);
        else resolve(event);
      },
      onLost: reject,
    });
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, {once: true});
    return promise.finally(() => {
      unwatch();
      signal.removeEventListener('abort', onAbort);
    });
  }

  async #collect(ending: Ending): Promise<AttemptEnd> {
    const {outputs: wanted, resources} = this.#attempt.workload.workload;
    const code = ending.kind === 'end' ? ending.end.code : undefined;
    const told = code === contract.checkpointedExit;
    const [log, collected, last] = await Promise.all([
      collectLog(this.#host, this.#key, this.#blobs),
      ending.kind === 'gone' ? nothing : collectOutputs(this.#host, this.#key, wanted, this.#blobs),
      // Of one that got to its end nobody will go on.
      code === 0 ? undefined : this.#lastCheckpoint(told),
    ]);
    this.checkpoints.stop();
    const problems = [...collected.problems, ...(last instanceof Error ? [last.message] : [])];
    const checkpoint = last instanceof Error ? undefined : last;
    const why =
      ending.kind === 'gone'
        ? 'its host was started again in the middle, or containerd lost it'
        : exitReason(ending.end, resources.memory);
    const reason = [why, ...(told && !this.checkpoints.any ? ['it left no checkpoint'] : []), ...problems].join('; ');
    return {
      outcome: code === 0 ? 'succeeded' : told && this.checkpoints.any ? 'checkpointed' : 'failed',
      ...(code === undefined ? {} : {exitCode: code}),
      reason,
      transient: code === undefined,
      ...('result' in collected ? {result: collected.result} : {}),
      outputs: {...collected.outputs, ...log},
      ...(checkpoint ? {checkpoint} : {}),
    };
  }

  /** A checkpoint that cannot be kept does not hide how the job ended. */
  async #lastCheckpoint(told: boolean): Promise<TakenCheckpoint | Error | undefined> {
    return this.checkpoints.last(told).catch(error => (error instanceof Error ? error : new Error(String(error))));
  }

  get #key(): AttemptKey {
    return {workload: this.#attempt.workload.id, attempt: this.#attempt.attempt};
  }
}

const nothing: Collected = {outputs: {}, problems: []};
