import type {PooledWorker, WorkerPool} from '../../../../src/engine/coordinator/workers/worker-pool.ts';
import type {Connection} from '../../../../src/engine/hosts/index.ts';

const gigabyte = 2 ** 30;

/** Workers that fall silent and come back when a test says so. Nothing runs on them: the type on stage does not need to. */
export class StagePool implements WorkerPool {
  readonly #workers: readonly StageWorker[];
  readonly #listeners = new Set<() => void>();

  constructor(...names: readonly string[]) {
    this.#workers = names.map(name => new StageWorker(name));
  }

  workers(): readonly StageWorker[] {
    return this.#workers;
  }

  worker(name: string): StageWorker | undefined {
    return this.#workers.find(worker => worker.name === name);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {}

  /** Has been silent for so long; 0: it answers. */
  silent(ms: number, ...names: readonly string[]): void {
    for (const name of names) this.worker(name)?.fallSilent(ms);
    for (const listener of this.#listeners) listener();
  }
}

export class StageWorker implements PooledWorker {
  readonly name: string;
  #silentMs = 0;
  #epoch = 1;

  constructor(name: string) {
    this.name = name;
  }

  fallSilent(ms: number): void {
    if (this.#silentMs >= 10_000 && ms === 0) this.#epoch += 1;
    this.#silentMs = ms;
  }

  beat() {
    const capacity = {cpu: 4, memory: 8 * gigabyte, gpu: 0, disk: 100 * gigabyte};
    return {name: this.name, kind: 'ssh' as const, labels: {}, capacity};
  }

  failure() {
    return undefined;
  }

  ports() {
    return [];
  }

  silentMs(): number {
    return this.#silentMs;
  }

  epoch(): number {
    return this.#epoch;
  }

  /** Never asked to do anything: only that there is one. */
  connection(): Connection {
    return {host: this.name} as Connection;
  }
}
