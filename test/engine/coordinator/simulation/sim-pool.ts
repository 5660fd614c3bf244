import type {CoordinatorSettings} from '../../../../src/engine/coordinator/coordinator.ts';
import type {WorkerBeat} from '../../../../src/engine/coordinator/store/store.ts';
import type {PooledWorker, WorkerPool} from '../../../../src/engine/coordinator/workers/worker-pool.ts';
import type {Connection} from '../../../../src/engine/hosts/index.ts';
import type {SimHost} from './sim-host.ts';
import type {SimNetwork} from './sim-network.ts';
import type {SimProcess} from './sim-process.ts';

/** What a type reaches a host by. */
export interface SimConnection {
  readonly process: SimProcess;
  readonly simulated: SimHost;
}

const tickMs = 1000;
export const capacity = {cpu: 4, memory: 2 ** 33, gpu: 0, disk: 2 ** 36};

/** The hosts as one process sees them: asked for a sign of life as `PooledHost` does, their silence counted in its own ticks. */
export class SimPool implements WorkerPool {
  readonly #workers: readonly SimWorker[];
  readonly #listeners = new Set<() => void>();
  readonly #silence: CoordinatorSettings['silence'];
  readonly #process: SimProcess;

  constructor(
    process: SimProcess,
    hosts: readonly SimHost[],
    network: SimNetwork,
    silence: CoordinatorSettings['silence'],
  ) {
    this.#process = process;
    this.#silence = silence;
    this.#workers = hosts.map(host => new SimWorker(host, process));
    for (const worker of this.#workers) this.#beat(worker, network);
    this.#tick();
  }

  workers(): readonly PooledWorker[] {
    return this.#workers;
  }

  worker(name: string): PooledWorker | undefined {
    return this.#workers.find(worker => worker.name === name);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {}

  #tick(): void {
    this.#process.after(tickMs, () => {
      const {suspectMs, lostMs} = this.#silence;
      const passed = this.#workers.filter(worker => worker.tick(tickMs, [suspectMs, lostMs]));
      if (passed.length > 0) this.#tell();
      this.#tick();
    });
  }

  #beat(worker: SimWorker, network: SimNetwork): void {
    void network
      .ask(this.#process, worker.host, () => undefined)
      .then(
        () => worker.heard(this.#silence) && this.#tell(),
        () => undefined,
      )
      .then(() => this.#process.after(this.#silence.beatMs, () => this.#beat(worker, network)));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

class SimWorker implements PooledWorker {
  readonly name: string;
  readonly host: SimHost;
  readonly #connection: SimConnection;
  #silentMs = 0;
  #epoch = 0;

  constructor(host: SimHost, process: SimProcess) {
    this.name = host.name;
    this.host = host;
    this.#connection = {process, simulated: host};
  }

  beat(): WorkerBeat | undefined {
    return this.#epoch === 0 ? undefined : {name: this.name, kind: 'ssh', labels: {}, capacity};
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

  connection(): Connection | undefined {
    return this.#epoch === 0 ? undefined : (this.#connection as unknown as Connection);
  }

  /** Whether it passed one of the limits. */
  tick(ms: number, limits: readonly number[]): boolean {
    const before = this.#silentMs;
    this.#silentMs += ms;
    return limits.some(limit => before < limit && this.#silentMs >= limit);
  }

  /** Whether that is news. */
  heard({suspectMs, lostMs}: CoordinatorSettings['silence']): boolean {
    const news = this.#epoch === 0 || this.#silentMs >= suspectMs;
    if (this.#epoch === 0 || this.#silentMs >= lostMs) this.#epoch += 1;
    this.#silentMs = 0;
    return news;
  }
}
