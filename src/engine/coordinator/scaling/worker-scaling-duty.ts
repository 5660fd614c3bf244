import {
  decideWorkers,
  type WorkerLook,
  type WorkerScaleRule,
  type WorkerStep,
} from '../../scheduler/autoscale/worker-count.ts';
import type {HostName} from '../../spec/stack.ts';
import type {Clock} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import {conditionOf} from '../leading/silence.ts';
import type {Log} from '../log.ts';
import type {Leadership, Store} from '../store/store.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import type {HookWish} from './call-hook.ts';
import {RepeatedDuty, type RepeatedRound} from './repeated-duty.ts';

export interface WorkerScalingParts {
  readonly rule: WorkerScaleRule;
  /** From one look to the next. */
  readonly everyMs: number;
  readonly store: Pick<Store, 'workers' | 'workloads' | 'reserved' | 'setDrained' | 'note'>;
  readonly pool: Pick<WorkerPool, 'workers'>;
  readonly silence: CoordinatorSettings['silence'];
  /** Whether containers of stacks run there, or that cannot be known now: such a machine is not idle. */
  readonly carriesStacks: (worker: HostName) => Promise<boolean>;
  readonly call: (wish: HookWish, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of those that wait, so many are looked at. */
const mostWaiting = 500;
const actor = {name: 'worker-scaling'};

/** Has machines come and go with the work, by a hook of the operator's, while the coordinator leads. */
export class WorkerScalingDuty extends RepeatedDuty {
  constructor(parts: WorkerScalingParts) {
    const {clock, log, everyMs} = parts;
    const repetition = {clock, log, everyMs: () => everyMs, failed: 'workers could not be scaled'};
    super(repetition, (leadership, signal) => new WorkerScalingTerm(parts, leadership, signal));
  }
}

/** A new leader rests first: what a former one asked for may be on its way. */
class WorkerScalingTerm implements RepeatedRound {
  readonly #parts: WorkerScalingParts;
  readonly #leadership: () => Leadership | undefined;
  readonly #signal: AbortSignal;
  readonly #idleSince = new Map<HostName, number>();
  readonly #leaving = new Set<HostName>();
  /** Removed by the hook: they may still be heard of for a while. `silent`: not any more, so that whoever comes is new. */
  readonly #gone = new Map<HostName, {readonly silent: boolean}>();
  #waitingSince?: number;
  #changedAt: number;

  constructor(parts: WorkerScalingParts, leadership: () => Leadership | undefined, signal: AbortSignal) {
    this.#parts = parts;
    this.#leadership = leadership;
    this.#signal = signal;
    this.#changedAt = parts.clock.monotonicMs();
  }

  async round(): Promise<void> {
    if (!this.#leadership()) return;
    const at = this.#parts.clock.monotonicMs();
    const workers = await this.#workers(at);
    const count = await this.#waiting();
    this.#waitingSince = count === 0 ? undefined : (this.#waitingSince ?? at);
    const waiting = {count, ...(this.#waitingSince !== undefined && {since: this.#waitingSince})};
    const step = decideWorkers(this.#parts.rule, {at, workers, waiting}, this.#changedAt);
    if (step.action === 'none' || !this.#leadership() || this.#signal.aborted) return;
    await this.#take(
      step,
      workers.map(({name}) => name),
      count,
    );
  }

  async #take(
    step: Exclude<WorkerStep, {action: 'none'}>,
    workers: readonly HostName[],
    waiting: number,
  ): Promise<void> {
    const {store, call, log, clock} = this.#parts;
    const {action, reason} = step;
    if (action !== 'add' && (await this.#staysFor(step.worker))) return;
    log.info(step, `workers: ${reason}`);
    if (action === 'retire') {
      this.#leaving.add(step.worker);
      await store.setDrained(step.worker, true, actor);
      return;
    }
    // Whatever becomes of the call: not again at once.
    this.#changedAt = clock.monotonicMs();
    const which = action === 'add' ? {count: step.count} : {worker: step.worker};
    await call({action, ...which, reason, workers, waiting}, this.#signal);
    if (action === 'remove') {
      this.#leaving.delete(step.worker);
      this.#gone.set(step.worker, {silent: false});
    }
    await store.note({type: `worker.${action === 'add' ? 'added' : 'removed'}`, actor, data: {...which, reason}});
  }

  /** It is begun anew to count how long it is idle. */
  async #staysFor(worker: HostName): Promise<boolean> {
    const {store, carriesStacks, clock, log} = this.#parts;
    if (!(await carriesStacks(worker))) return false;
    log.debug({worker}, 'a worker without workloads carries stacks: it stays');
    this.#idleSince.set(worker, clock.monotonicMs());
    if (this.#leaving.delete(worker)) await store.setDrained(worker, false, actor);
    return true;
  }

  /** A machine that comes under the name of one that was removed takes work again. */
  async #forgetGone(): Promise<void> {
    const {store, pool, silence} = this.#parts;
    for (const [name, {silent}] of this.#gone) {
      const worker = pool.workers().find(each => each.name === name);
      const well = worker && conditionOf(worker.silentMs(), silence) === 'well';
      if (worker && !(silent && well)) {
        this.#gone.set(name, {silent: silent || !well});
        continue;
      }
      this.#gone.delete(name);
      await store.setDrained(name, false, actor);
    }
  }

  async #workers(at: number): Promise<readonly WorkerLook[]> {
    const {store, pool, silence} = this.#parts;
    await this.#forgetGone();
    const drained = new Set((await store.workers()).filter(row => row.drained).map(({name}) => name));
    const running = new Map((await store.reserved('everyone')).map(({worker, workloads}) => [worker, workloads]));
    const there = pool.workers().filter(({name}) => !this.#gone.has(name));
    for (const name of this.#idleSince.keys())
      if (!there.some(each => each.name === name)) this.#idleSince.delete(name);
    return there.map(worker => {
      const {name} = worker;
      const holds = running.get(name) ?? 0;
      if (holds > 0) this.#idleSince.delete(name);
      else if (!this.#idleSince.has(name)) this.#idleSince.set(name, at);
      const idleSince = this.#idleSince.get(name);
      return {
        name,
        well: worker.beat() !== undefined && conditionOf(worker.silentMs(), silence) === 'well',
        drained: drained.has(name),
        running: holds,
        leaving: this.#leaving.has(name),
        ...(idleSince !== undefined && {idleSince}),
      };
    });
  }

  /** Those for which there is no room anywhere, as far as the scheduler has said it. */
  async #waiting(): Promise<number> {
    const {items} = await this.#parts.store.workloads('everyone', {
      states: ['PENDING', 'RETRYING'],
      limit: mostWaiting,
    });
    return items.filter(({reason, wanted}) => wanted === undefined && (reason ?? '').startsWith('parked')).length;
  }
}
