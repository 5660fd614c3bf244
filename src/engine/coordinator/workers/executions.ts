import {Slots} from '../../hosts/slots.ts';
import type {HostName} from '../../spec/stack.ts';
import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Tracing} from '../../telemetry/tracing/index.ts';
import type {Clock} from '../clock.ts';
import type {Log} from '../log.ts';
import {logOf} from '../observing/log-of.ts';
import {tracedType} from '../observing/traced-type.ts';
import type {CheckpointRow, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {CheckpointKeeper, WorkloadType} from '../types/workload-type.ts';
import type {CarriedOut} from './carried-out.ts';
import {Execution} from './execution.ts';
import type {AttemptStore, ExecutionParts} from './execution-parts.ts';
import {until} from './until.ts';
import type {WorkerPool} from './worker-pool.ts';

export interface ExecutionsParts extends Pick<ExecutionParts, 'report' | 'ended'> {
  readonly store: AttemptStore;
  readonly keeper: CheckpointKeeper;
  readonly workers: WorkerPool;
  readonly types: ReadonlyMap<string, WorkloadType>;
  readonly clock: Clock;
  readonly log: Log;
  readonly measures: Measures;
  readonly tracing: Tracing;
  readonly startsPerWorker: number;
  readonly suspectMs: number;
  /** The database's clock. */
  readonly now: () => number;
  /** One was stored. */
  readonly onCheckpoint: (checkpoint: CheckpointRow) => void;
  /** Nothing is left to do for this one. */
  readonly onDone: (execution: CarriedOut) => void;
}

/** For each start that is under way on a host another one waits there, so that it needs not wait for what goes to and fro. */
const preparedFor = 2;

/** The attempts that this process carries out, one a workload. */
export class Executions {
  readonly #parts: ExecutionsParts;
  readonly #running = new Map<WorkloadId, CarriedOut>();
  readonly #done = new Set<Promise<void>>();
  readonly #slots = new Map<HostName, Slots>();

  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
  }

  get(id: WorkloadId): CarriedOut | undefined {
    return this.#running.get(id);
  }

  all(): IterableIterator<CarriedOut> {
    return this.#running.values();
  }

  /** Begins an attempt that was placed, or adopts one that was begun before. */
  begin(row: WorkloadRow): void {
    const {workers, log, onDone} = this.#parts;
    const execution = workers.worker(row.worker ?? '')?.agent?.assign(row) ?? this.#here(row);
    if (!execution) return;
    this.#running.set(row.id, execution);
    const about = {workload: row.id, attempt: row.attempt, host: row.worker, customer: row.customer};
    logOf(log, row).info(about, 'an attempt is carried out');
    const done = execution
      .run()
      .catch(error => logOf(log, row).error({err: error, ...about}, 'an attempt could not be carried out'))
      .finally(() => {
        this.#running.delete(row.id);
        this.#done.delete(done);
        logOf(log, row).info(about, 'an attempt is over here');
        onDone(execution);
      });
    this.#done.add(done);
  }

  #here(row: WorkloadRow): Execution | undefined {
    const {types, workers, log, clock, suspectMs, startsPerWorker, ...parts} = this.#parts;
    const type = types.get(row.workload.type);
    if (!type) return undefined;
    const name = row.worker ?? '';
    const connection = () => workers.worker(name)?.connection();
    const answers = () => {
      const worker = workers.worker(name);
      return worker !== undefined && worker.silentMs() < suspectMs && (!type.onHost || connection() !== undefined);
    };
    return new Execution(row, {
      ...parts,
      type: tracedType(type, row, this.#parts),
      clock,
      log: logOf(log, row),
      connection,
      gpus: () => workers.worker(name)?.gpus?.(),
      room: () => workers.worker(name)?.room?.(),
      startsAtOnce: startsPerWorker,
      well: signal =>
        type.onHost ? until(answers, listener => workers.subscribe(listener), signal) : Promise.resolve(),
      startSlot: signal =>
        type.onHost ? this.#slotsOf(name, preparedFor * startsPerWorker).take(signal) : Promise.resolve(() => {}),
    });
  }

  /** Lets go of all of them, and waits until nothing is reported any more. */
  async release(why: string): Promise<void> {
    for (const execution of this.#running.values()) execution.release(why);
    await Promise.all(this.#done);
  }

  #slotsOf(worker: HostName, count: number): Slots {
    const slots = this.#slots.get(worker) ?? new Slots(count);
    this.#slots.set(worker, slots);
    return slots;
  }
}
