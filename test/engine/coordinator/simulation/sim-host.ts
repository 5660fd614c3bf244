import type {AttemptEnd, FoundAttempt} from '../../../../src/engine/coordinator/types/workload-type.ts';
import {OutsideError} from '../../../../src/engine/spec/errors.ts';
import type {ContainerEvent} from '../harness/recorded-history.ts';
import type {SimTime} from './sim-time.ts';

export interface SimJob {
  readonly workload: string;
  readonly attempt: number;
  readonly ms: number;
  readonly exitCode: number;
}

interface SimContainer extends SimJob {
  end?: AttemptEnd;
  cancel: () => void;
  readonly watchers: Set<(end: AttemptEnd) => void>;
}

/** A host with what runs on it, as the scripts of `runtime/workloads` leave it: fenced by the attempt's number. */
export class SimHost {
  readonly name: string;
  readonly #time: SimTime;
  readonly #containers = new Map<string, SimContainer>();
  /** By workload: the highest attempt that began here, and whether it was closed. On disk. */
  readonly #fences = new Map<string, {readonly highest: number; readonly closed: boolean}>();
  /** How attempts ended by themselves that were removed since. On disk. */
  readonly #kept = new Map<string, AttemptEnd>();
  readonly #record: (event: Omit<ContainerEvent, 'at' | 'host'>) => void;
  powered = true;

  constructor(name: string, time: SimTime, record: (event: Omit<ContainerEvent, 'at' | 'host'>) => void) {
    this.name = name;
    this.#time = time;
    this.#record = record;
  }

  /** Before the start: nothing of an older attempt goes on here. Nothing where its end is kept. Errors: OutsideError `fenced`. */
  prepare({workload, attempt}: Pick<SimJob, 'workload' | 'attempt'>): void {
    if (this.#kept.has(keyOf({workload, attempt}))) return;
    const {highest, closed} = this.#fences.get(workload) ?? {highest: 0, closed: false};
    if (highest > attempt || (highest === attempt && closed))
      throw new OutsideError({code: 'fenced', message: `attempt ${highest} was here`, host: this.name});
    if (highest === attempt) return;
    for (const older of this.#containers.values()) if (older.workload === workload) this.#remove(older);
    this.#fences.set(workload, {highest: attempt, closed: false});
  }

  /** Starts it unless it was started before. How it ended, of one of which that is all that is left. Errors: OutsideError `fenced`. */
  start(job: SimJob): AttemptEnd | undefined {
    const kept = this.#kept.get(keyOf(job));
    if (kept) return kept;
    this.prepare(job);
    if (this.#containers.has(keyOf(job))) return undefined;
    const container: SimContainer = {...job, cancel: () => {}, watchers: new Set()};
    container.cancel = this.#time.after(job.ms, () => this.#ends(container, job.exitCode));
    this.#containers.set(keyOf(job), container);
    this.#record({workload: job.workload, attempt: job.attempt, what: 'started'});
    return undefined;
  }

  /** Calls when it has ended, at once when it has. Returns how to stop. */
  watch(key: Pick<SimJob, 'workload' | 'attempt'>, watcher: (end: AttemptEnd) => void): () => void {
    const container = this.#containers.get(keyOf(key));
    if (!container || container.end) watcher(container?.end ?? killed);
    else container.watchers.add(watcher);
    return () => container?.watchers.delete(watcher);
  }

  isThere(key: Pick<SimJob, 'workload' | 'attempt'>): boolean {
    return this.#containers.has(keyOf(key));
  }

  isRunning(key: Pick<SimJob, 'workload' | 'attempt'>): boolean {
    const container = this.#containers.get(keyOf(key));
    return container !== undefined && !container.end;
  }

  close(key: Pick<SimJob, 'workload' | 'attempt'>): void {
    const {highest, closed} = this.#fences.get(key.workload) ?? {highest: 0, closed: false};
    const container = this.#containers.get(keyOf(key));
    if (highest === key.attempt && !closed && container?.end?.exitCode !== undefined)
      this.#kept.set(keyOf(key), container.end);
    if (highest <= key.attempt) this.#fences.set(key.workload, {highest: key.attempt, closed: true});
    if (container) this.#remove(container);
  }

  found(): readonly FoundAttempt[] {
    return [...this.#containers.values()].map(({workload, attempt, end}) => ({
      workload,
      attempt,
      running: !end,
      ...(end && {ended: 'there' as const}),
    }));
  }

  /** Of those it knows how they ended, and no more. */
  kept(): readonly FoundAttempt[] {
    return [...this.#kept.keys()].map(key => {
      const [workload = '', attempt] = key.split('.');
      return {workload, attempt: Number(attempt), running: false, ended: 'kept' as const};
    });
  }

  /** Its disk stays. */
  powerCut(): void {
    this.powered = false;
    for (const container of this.#containers.values())
      if (!container.end) this.#ends(container, undefined, {reason: 'its host was restarted', transient: true});
  }

  #remove(container: SimContainer): void {
    if (!container.end) this.#ends(container, undefined, killed);
    this.#containers.delete(keyOf(container));
  }

  /** By itself with an exit code, or ended. */
  #ends(container: SimContainer, exitCode: number | undefined, parts: Partial<AttemptEnd> = {}): void {
    container.cancel();
    const end = {outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode, reason: `exit ${exitCode}`} as const;
    container.end = {...end, transient: false, outputs: {}, ...parts};
    const {workload, attempt} = container;
    this.#record({workload, attempt, what: exitCode === undefined ? 'killed' : 'ended', exitCode});
    for (const watcher of container.watchers) watcher(container.end);
    container.watchers.clear();
  }
}

const killed: AttemptEnd = {outcome: 'failed', exitCode: 143, reason: 'exit 143', transient: false, outputs: {}};

const keyOf = ({workload, attempt}: Pick<SimJob, 'workload' | 'attempt'>): string => `${workload}.${attempt}`;
