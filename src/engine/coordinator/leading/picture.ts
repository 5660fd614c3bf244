import type {Queue, QueuedWorkload, RunningAttempt} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import type {WorkloadId, WorkloadRow} from '../store/store.ts';
import {hasEnded, holdsPlace} from '../workload-states.ts';

export interface PictureParts {
  readonly queue: Queue;
  /** Whether an attempt of it is still being carried out or cleaned up here: its place is not free before that. */
  readonly isBusy: (id: WorkloadId) => boolean;
  /** Whether it was told to stop. */
  readonly isStopping: (id: WorkloadId) => boolean;
  /** The database's clock. */
  readonly now: () => number;
  /** The longest rest after a failure that is not a workload's own. */
  readonly longestRestMs: () => number;
}

/** All workloads that have not ended, as the database has them, and what the queue is told of each. */
export class Picture {
  readonly #parts: PictureParts;
  readonly #rows = new Map<WorkloadId, WorkloadRow>();
  /** Attempts that are over, of workloads that have not ended. */
  readonly #over = new Map<WorkloadId, number>();
  readonly #placedRows = new Map<WorkloadId, WorkloadRow>();
  readonly #checkpointedAt = new Map<WorkloadId, number>();
  readonly #avoided = new Map<WorkloadId, readonly HostName[]>();
  readonly #placed = new Map<WorkloadId, {readonly attempt: number; readonly at: number}>();

  constructor(parts: PictureParts) {
    this.#parts = parts;
  }

  get(id: WorkloadId): WorkloadRow | undefined {
    return this.#rows.get(id);
  }

  /** All that have not ended. */
  all(): Iterable<WorkloadRow> {
    return this.#rows.values();
  }

  /** Those that hold a place on a worker. A copy: rounds change them meanwhile. */
  placed(): readonly WorkloadRow[] {
    return [...this.#placedRows.values()];
  }

  /** A row as it is now. One that was read before a newer one of the same workload must not come after it. */
  take(row: WorkloadRow): void {
    if (hasEnded(row.state)) this.#rows.delete(row.id);
    else this.#rows.set(row.id, row);
    if (!holdsPlace(row.state)) this.#placedRows.delete(row.id);
    else if (this.#over.get(row.id) !== row.attempt) this.#placedRows.set(row.id, row);
    this.#tellQueue(row.id);
    if (hasEnded(row.state)) this.#forget(row.id);
  }

  /**
   * Nothing of an attempt is left to do here. `over`: the one whose end was told, though its row may be read only later;
   * until then it is none that has to be carried out.
   */
  settled(id: WorkloadId, over?: number): void {
    const row = this.#rows.get(id);
    if (over !== undefined && row?.attempt === over) {
      this.#over.set(id, over);
      this.#placedRows.delete(id);
    }
    this.#tellQueue(id);
  }

  /** Its work up to now would not be lost. */
  checkpointed(id: WorkloadId, at: number): void {
    this.#checkpointedAt.set(id, at);
    this.#tellQueue(id);
  }

  /** It was not its own failure there: elsewhere first, as long as there is such a place. */
  avoid(id: WorkloadId, workers: readonly HostName[]): void {
    this.#avoided.set(id, workers);
  }

  avoidedBy(id: WorkloadId): readonly HostName[] {
    return this.#avoided.get(id) ?? [];
  }

  /** The database's clock was set back: who waits to be tried again does not wait until then. */
  clockSetBack(): void {
    for (const row of this.#rows.values()) if (row.state === 'RETRYING') this.#tellQueue(row.id);
  }

  #tellQueue(id: WorkloadId): void {
    const {queue, isBusy, now} = this.#parts;
    const row = this.#rows.get(id);
    if (row && holdsPlace(row.state)) {
      queue.running(this.#runningAttempt(row));
      return;
    }
    if (isBusy(id)) return;
    queue.ended(id, now());
    if (row && mayStart(row)) queue.add(this.#queued(row, this.avoidedBy(id)));
    else queue.remove(id);
  }

  #runningAttempt(row: WorkloadRow): RunningAttempt {
    const lastCheckpointAt = this.#checkpointedAt.get(row.id);
    return {
      ...this.#queued(row, []),
      worker: row.worker ?? '',
      startedAt: this.#placedAt(row),
      stopping: this.#parts.isStopping(row.id),
      ...(lastCheckpointAt !== undefined && {lastCheckpointAt}),
    };
  }

  /** One that is tried again rests no longer than it could have to, whatever the clock said when its time was set. */
  #queued(row: WorkloadRow, exclude: readonly HostName[]): QueuedWorkload {
    const {state, notBefore, workload} = row;
    if (notBefore === undefined || state !== 'RETRYING') return queued(row, exclude, notBefore);
    const {now, longestRestMs} = this.#parts;
    return queued(row, exclude, Math.min(notBefore, now() + Math.max(longestRestMs(), workload.retries.backoff.maxMs)));
  }

  /** When its present attempt was first seen to hold a place. */
  #placedAt(row: WorkloadRow): number {
    const known = this.#placed.get(row.id);
    if (known?.attempt === row.attempt) return known.at;
    this.#placed.set(row.id, {attempt: row.attempt, at: row.changedAt});
    return row.changedAt;
  }

  #forget(id: WorkloadId): void {
    this.#checkpointedAt.delete(id);
    this.#avoided.delete(id);
    this.#placed.delete(id);
    this.#over.delete(id);
  }
}

/** Whether it only waits for its turn, its time and a place. */
export const mayStart = (row: WorkloadRow): boolean =>
  (row.state === 'PENDING' || row.state === 'RETRYING') && row.waitsFor.length === 0 && row.wanted === undefined;

function queued(row: WorkloadRow, exclude: readonly HostName[], notBefore: number | undefined): QueuedWorkload {
  const {workload} = row;
  return {
    id: row.id,
    name: workload.name,
    customer: row.customer,
    seq: row.seq,
    acceptedAt: row.acceptedAt,
    priority: workload.priority,
    preemptible: workload.preemptible,
    ...(workload.concurrency && {concurrency: workload.concurrency}),
    ...(notBefore !== undefined && {notBefore}),
    shape: {
      ...workload.placement,
      resources: workload.resources,
      ports: workload.container?.ports ?? [],
      exclude,
    },
  };
}
