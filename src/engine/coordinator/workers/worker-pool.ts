import type {Connection} from '../../hosts/index.ts';
import type {HostName} from '../../spec/stack.ts';
import type {WorkerBeat} from '../store/store.ts';

/** The machines that execute workloads, as this process reaches them. */
export interface WorkerPool {
  /** Those it knows, reachable or not. */
  workers(): readonly PooledWorker[];
  worker(name: HostName): PooledWorker | undefined;
  /** Told when a worker is heard of again, falls silent, comes, or goes. Returns how to stop. */
  subscribe(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface PooledWorker {
  readonly name: HostName;
  /** What it is, for the store and the queue; undefined as long as nobody has seen it. */
  beat(): WorkerBeat | undefined;
  /** Milliseconds since it was last heard of, by the monotonic clock; since the pool began when never. */
  silentMs(): number;
  /** Undefined of a worker that is this process, or is not connected now. */
  connection(): Connection | undefined;
}
