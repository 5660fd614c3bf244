import type {EventRow} from '../../../../src/engine/coordinator/store/store.ts';

/** What people, the database and hosts remember of a run, each for itself. Held against each other by `checkHistory`. */
export interface RecordedHistory {
  /** Of which a client was told that they were accepted. */
  readonly acknowledged: readonly {readonly id: string; readonly idempotencyKey?: string}[];
  /** The whole audit, in its order. */
  readonly events: readonly EventRow[];
  /** As they are stored in the end. */
  readonly workloads: readonly StoredWorkload[];
  /** What containers, or their hosts, wrote themselves. Absent: nothing ran on hosts. */
  readonly containers?: readonly ContainerEvent[];
  /** Still there in the end. */
  readonly left?: readonly {readonly host: string; readonly workload: string; readonly attempt: number}[];
}

export interface StoredWorkload {
  readonly id: string;
  readonly seq: number;
  readonly state: string;
  readonly customer: string;
  readonly idempotencyKey?: string;
  /** For its host, when that is lost (`onLost: wait`). */
  readonly waits?: boolean;
  /** The same for those that take their turns in the order of acceptance; undefined for others. */
  readonly line?: string;
}

export interface ContainerEvent {
  readonly at: number;
  readonly host: string;
  readonly workload: string;
  readonly attempt: number;
  /** `ended`: by itself. `killed`: by whoever stopped it, or its host's power cut. */
  readonly what: 'started' | 'ended' | 'killed';
  readonly exitCode?: number;
}
