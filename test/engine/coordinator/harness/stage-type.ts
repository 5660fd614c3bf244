import {z} from 'zod';
import type {WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import type {
  Attempt,
  AttemptEnd,
  AttemptHost,
  FoundAttempt,
  TakenCheckpoint,
  WorkloadType,
} from '../../../../src/engine/coordinator/types/workload-type.ts';

/** What a test does with an attempt that runs on stage, and what was done to it. */
export interface StageAttempt {
  readonly name: string;
  readonly attempt: number;
  readonly worker: string;
  readonly as: Attempt;
  /** How often it was begun by `execute`: more than once when it was adopted. */
  executions: number;
  ended: boolean;
  end(end?: Partial<AttemptEnd>): void;
  /** As a host that goes away. */
  break(error: Error): void;
}

/**
 * A type whose attempts run on the stage's hosts until a test ends them. What runs there outlives coordinators, as
 * containers do: whoever executes the same attempt again finds it.
 */
export class StageType implements WorkloadType<object> {
  readonly name = 'stage';
  readonly config = z.object({});
  readonly onHost = true;
  readonly history: string[] = [];
  /** By workload and attempt. */
  readonly attempts = new Map<string, StageAttempt>();
  /** Before `execute` begins. */
  onInit: (attempt: Attempt) => Promise<void> = async () => {};
  onCheckpoint: (attempt: Attempt) => Promise<TakenCheckpoint | undefined> = async () => undefined;
  /** How attempts ended of which nothing else is left on their host, by workload and attempt. */
  readonly kept = new Map<string, {readonly host: string; readonly end: AttemptEnd}>();
  readonly #waiting = new Map<string, PromiseWithResolvers<AttemptEnd>>();

  async init(attempt: Attempt): Promise<void> {
    await this.onInit(attempt);
  }

  async execute(attempt: Attempt): Promise<AttemptEnd> {
    const key = keyOf(attempt.workload.id, attempt.attempt);
    const kept = this.kept.get(key);
    if (kept) {
      this.history.push(`tell ${attempt.workload.workload.name}.${attempt.attempt} on ${attempt.host?.name}`);
      return kept.end;
    }
    const known = this.attempts.get(key);
    if (known) known.executions += 1;
    else this.#begin(key, attempt);
    this.history.push(
      `${known ? 'adopt' : 'start'} ${attempt.workload.workload.name}.${attempt.attempt} on ${attempt.host?.name}`,
    );
    attempt.report.started();
    const {promise, reject} = Promise.withResolvers<never>();
    promise.catch(() => {});
    attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason), {once: true});
    return Promise.race([this.#waiting.get(key)!.promise, promise]);
  }

  checkpoint(attempt: Attempt): Promise<TakenCheckpoint | undefined> {
    this.history.push(`checkpoint ${attempt.workload.workload.name}.${attempt.attempt}`);
    return this.onCheckpoint(attempt);
  }

  async close({workload, attempt}: Attempt): Promise<void> {
    await this.clear({name: '', connection: {} as never}, {workload: workload.id, attempt});
  }

  async found(host: AttemptHost, endsSince?: number): Promise<readonly FoundAttempt[]> {
    const there = [...this.attempts.values()].flatMap(({as, attempt, worker, ended}) =>
      worker === host.name
        ? [{workload: as.workload.id, attempt, running: !ended, ...(ended && {ended: 'there' as const})}]
        : [],
    );
    if (endsSince === undefined) return there;
    const kept = [...this.kept].flatMap(([key, {host: of}]) => {
      const [workload = '', attempt] = key.split('.');
      return of === host.name ? [{workload, attempt: Number(attempt), running: false, ended: 'kept' as const}] : [];
    });
    return [...there, ...kept];
  }

  /** Has a host remember how an attempt ended that nobody here began. */
  keep(host: string, workload: string, attempt: number, exitCode: number): void {
    const outcome = exitCode === 0 ? 'succeeded' : 'failed';
    const end = {outcome, exitCode, reason: `exit ${exitCode}`, transient: false, outputs: {}} as const;
    this.kept.set(keyOf(workload, attempt), {host, end});
  }

  async clear(_: AttemptHost, {workload, attempt}: Pick<FoundAttempt, 'workload' | 'attempt'>): Promise<void> {
    const there = this.attempts.get(keyOf(workload, attempt));
    if (!there) return;
    if (!there.ended) this.history.push(`stop ${there.name}.${attempt} on ${there.worker}`);
    this.attempts.delete(keyOf(workload, attempt));
    there.end({outcome: 'failed', exitCode: 143, reason: 'exit 143'});
  }

  /** Puts an attempt on a host that nobody here began: of a coordinator that is gone. */
  async onStage(host: string, workload: WorkloadRow): Promise<void> {
    const as = {workload, attempt: workload.attempt, host: {name: host, connection: {} as never}} as unknown as Attempt;
    this.#begin(keyOf(workload.id, workload.attempt), as);
    this.history.push(`there ${workload.workload.name}.${workload.attempt} on ${host}`);
  }

  /** The newest attempt of a workload that is there. */
  running(name: string): StageAttempt | undefined {
    return [...this.attempts.values()].filter(each => each.name === name && !each.ended).at(-1);
  }

  #begin(key: string, attempt: Attempt): void {
    const {name} = attempt.workload.workload;
    const waiting = this.#waiting;
    waiting.set(key, Promise.withResolvers());
    this.attempts.set(key, {
      name,
      attempt: attempt.attempt,
      worker: attempt.host?.name ?? '',
      as: attempt,
      executions: 1,
      ended: false,
      end(end = {}) {
        this.ended = true;
        waiting
          .get(key)
          ?.resolve({outcome: 'succeeded', exitCode: 0, reason: 'exit 0', transient: false, outputs: {}, ...end});
      },
      break: error => {
        // Perhaps nobody watches it now.
        waiting.get(key)?.promise.catch(() => undefined);
        waiting.get(key)?.reject(error);
        waiting.set(key, Promise.withResolvers());
      },
    });
  }
}

const keyOf = (workload: string, attempt: number): string => `${workload}.${attempt}`;
