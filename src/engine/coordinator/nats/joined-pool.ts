import type {HostName} from '../../spec/stack.ts';
import type {AgentTerm} from '../workers/agent.ts';
import type {PooledWorker, WorkerPool} from '../workers/worker-pool.ts';

/** The workers of several pools, as one. Of one name the first pool's counts. */
export class JoinedPool implements WorkerPool {
  readonly #pools: readonly WorkerPool[];

  constructor(...pools: readonly WorkerPool[]) {
    this.#pools = pools;
  }

  workers(): readonly PooledWorker[] {
    const all = this.#pools.flatMap(pool => pool.workers());
    return all.filter(worker => this.worker(worker.name) === worker);
  }

  worker(name: HostName): PooledWorker | undefined {
    for (const pool of this.#pools) {
      const worker = pool.worker(name);
      if (worker) return worker;
    }
    return undefined;
  }

  subscribe(listener: () => void): () => void {
    const stops = this.#pools.map(pool => pool.subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  }

  lead(term: AgentTerm): () => Promise<void> {
    const ends = this.#pools.flatMap(pool => pool.lead?.(term) ?? []);
    return async () => {
      await Promise.all(ends.map(end => end()));
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map(pool => pool.close()));
  }
}
