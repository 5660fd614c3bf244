import type {Connection} from '../../hosts/index.ts';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {Gpu} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {WorkerBeat} from '../store/store.ts';
import type {Agent, AgentTerm} from './agent.ts';

/** The machines that execute workloads, as this process reaches them. */
export interface WorkerPool {
  /** Those it knows, reachable or not. */
  workers(): readonly PooledWorker[];
  worker(name: HostName): PooledWorker | undefined;
  /** Told when a worker is heard of again, falls silent, comes, or goes. Returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** A term of leadership has begun in this process. Returns how to end it: nothing is reported any more when that resolves. */
  lead?(term: AgentTerm): () => Promise<void>;
  close(): Promise<void>;
}

export interface PooledWorker {
  readonly name: HostName;
  /** What it is, for the store and the queue; undefined as long as nobody has seen it. */
  beat(): WorkerBeat | undefined;
  /** Why it was not reached the last time it was tried; undefined when it was, or is being tried for the first time. */
  failure(): string | undefined;
  /** Published there by others than workloads. */
  ports(): readonly HostPort[];
  /** Its devices, one workload at a time each; absent where it says that by itself. */
  gpus?(): readonly Gpu[];
  /** Processors and bytes of memory for workloads of all coordinators together; absent where nobody counts that. */
  room?(): {readonly cpu: number; readonly memory: number} | undefined;
  /** Milliseconds since it was last heard of; since the pool began when never. A stop of this process does not count. */
  silentMs(): number;
  /** Grows each time it is heard of after it was lost or connected anew: what runs there is to be looked at again. */
  epoch(): number;
  /** Undefined of a worker that is this process, or was not reached yet. */
  connection(): Connection | undefined;
  /** Of one that carries attempts out by itself; the coordinator does it for others, over their connection. */
  readonly agent?: Agent;
}
