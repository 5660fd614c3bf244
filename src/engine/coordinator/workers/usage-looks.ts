import {lookAtUsage, type ReplicaUsage, type UsageLook, usageBetween, usageOn} from '../../replica-usage.ts';
import type {Clock} from '../clock.ts';
import type {PooledWorker} from './worker-pool.ts';

export type UsageByContainer = ReadonlyMap<string, ReplicaUsage>;

interface Looked {
  readonly look: UsageLook;
  readonly usage: UsageByContainer;
  readonly atMs: number;
}

/** However many ask: a host is looked at once a second at most. */
const freshMs = 1000;
/** What is older says nothing about now: two looks are taken then. */
const oldMs = 60_000;

/** What containers of workers use, for whoever asks: one script a worker and second, CPU since the look before. */
export class UsageLooks {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #looked = new WeakMap<PooledWorker, Looked>();
  readonly #looking = new WeakMap<PooledWorker, Promise<UsageByContainer>>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** By container id; empty of a worker that is not reached, or does not answer. */
  of(worker: PooledWorker): Promise<UsageByContainer> {
    const known = this.#looked.get(worker);
    if (known && this.#clock.monotonicMs() - known.atMs < freshMs) return Promise.resolve(known.usage);
    const looking = this.#looking.get(worker) ?? this.#look(worker, known).finally(() => this.#looking.delete(worker));
    this.#looking.set(worker, looking);
    return looking;
  }

  async #look(worker: PooledWorker, before: Looked | undefined): Promise<UsageByContainer> {
    const connection = worker.connection();
    if (!connection) return new Map();
    const signal = AbortSignal.timeout(5000);
    const now = this.#clock.monotonicMs();
    try {
      if (!before || now - before.atMs > oldMs) {
        const usage = await usageOn(connection, signal);
        this.#looked.set(worker, {look: await lookAtUsage(connection, signal), usage, atMs: now});
        return usage;
      }
      const look = await lookAtUsage(connection, signal);
      const usage = usageBetween(before.look, look);
      this.#looked.set(worker, {look, usage, atMs: now});
      return usage;
    } catch {
      // A worker that does not answer is told as such elsewhere; its figures are not known.
      return new Map();
    }
  }
}
