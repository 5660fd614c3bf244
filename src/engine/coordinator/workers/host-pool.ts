import type {Host} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import {type ConnectHost, PooledHost, type PooledHostParts} from './pooled-host.ts';
import type {PooledWorker, WorkerPool} from './worker-pool.ts';

export interface HostPoolParts extends Pick<PooledHostParts, 'owner'> {
  readonly hosts: readonly Host[];
  readonly connect: ConnectHost;
  readonly silence: CoordinatorSettings['silence'];
  readonly log: Log;
}

/** The project's hosts as workers, each over a connection that is asked for a sign of life every `beatMs`. */
export class HostPool implements WorkerPool {
  readonly #parts: HostPoolParts;
  readonly #listeners = new Set<() => void>();
  #hosts: ReadonlyMap<HostName, PooledHost> = new Map();

  constructor(parts: HostPoolParts) {
    this.#parts = parts;
    this.#hosts = new Map(parts.hosts.map(host => [host.name, this.#begin(host)]));
  }

  workers(): readonly PooledWorker[] {
    return [...this.#hosts.values()];
  }

  worker(name: HostName): PooledWorker | undefined {
    return this.#hosts.get(name);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hosts that came, went, or are reached another way by now; the connections of the others stay. */
  async setHosts(hosts: readonly Host[]): Promise<void> {
    const before = this.#hosts;
    this.#hosts = new Map(
      hosts.map(host => {
        const known = before.get(host.name);
        return [host.name, known && isSame(known.host, host) ? known : this.#begin(host)];
      }),
    );
    this.#tell();
    const gone = [...before.values()].filter(host => this.#hosts.get(host.name) !== host);
    await Promise.all(gone.map(host => host.close()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(host => host.close()));
  }

  #begin(host: Host): PooledHost {
    const {connect, owner, silence, log} = this.#parts;
    return new PooledHost(host, {connect, owner, silence, log, onChange: () => this.#tell()});
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const isSame = (one: Host, other: Host): boolean => JSON.stringify(one) === JSON.stringify(other);
