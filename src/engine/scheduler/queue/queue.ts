import type {HostName} from '../../spec/stack.ts';
import type {Decision, Why} from './decision.ts';
import type {CustomerId, CustomerView, QueuedWorkload, RunningAttempt, WorkerView, WorkloadId} from './request.ts';
import {playRound} from './round.ts';
import {defaultSettings, type QueueSettings} from './settings.ts';
import type {Used} from './usage.ts';
import {explain} from './why.ts';
import {World} from './world.ts';

/**
 * Who starts where, now. It is told what changes and asked a few times a second; between two rounds it looks again only
 * at what changed. Pure: the clock is an argument. The same facts told in any order give the same decisions.
 */
export class Queue {
  readonly #world = new World();
  #settings: QueueSettings;

  constructor(settings: QueueSettings = defaultSettings) {
    this.#settings = settings;
  }

  setSettings(settings: QueueSettings): void {
    this.#settings = settings;
  }

  /** All workers that there are, each by its name. */
  setWorkers(views: readonly WorkerView[]): void {
    this.#world.fleet.setWorkers(views);
  }

  /** One worker that joined or changed. */
  setWorker(view: WorkerView): void {
    this.#world.fleet.setWorker(view);
  }

  /** Attempts on it stay until they are said to have ended. */
  removeWorker(name: HostName): void {
    this.#world.fleet.removeWorker(name);
  }

  setCustomer(view: CustomerView): void {
    this.#world.accounts.set(view);
  }

  /**
   * Queues a workload, or takes another version of one that is queued; a place kept for it stays kept while it is
   * the same. Errors: Bug while an attempt of it runs.
   */
  add(workload: QueuedWorkload): void {
    if (this.#world.keepsFor(workload)) return;
    if (this.#world.promises.has(workload.id)) this.#world.letGo(workload.id);
    this.#world.enqueue(workload);
  }

  /** Cancelled, paused: it does not wait any more. False when it did not. */
  remove(id: WorkloadId): boolean {
    if (this.#world.promises.has(id)) return this.#world.letGo(id) !== undefined;
    return this.#world.dequeue(id) !== undefined;
  }

  /** An attempt that holds a place, and what became of it: a checkpoint, that it was told to stop. */
  running(attempt: RunningAttempt): void {
    this.#world.dequeue(attempt.id);
    this.#world.renew(attempt);
  }

  /** It does not hold its place any more. Returns what its customer has used by now, to be kept; undefined: it held none. */
  ended(id: WorkloadId, at: number): ({readonly customer: CustomerId} & Used) | undefined {
    if (this.#world.promises.has(id)) return undefined;
    const attempt = this.#world.letGo(id);
    if (!attempt) return undefined;
    const used = this.#world.charge(attempt, at, this.#settings.fairShare.halfLifeMs);
    return {customer: attempt.customer, ...used};
  }

  /** What is decided now. Starts count as running from here on, victims as told to stop. */
  round(now: number): Decision[] {
    return playRound(this.#world, this.#settings, now);
  }

  /** Why a workload is where it is, by what the queue has been told up to now. */
  why(id: WorkloadId, now: number): Why {
    return explain(this.#world, this.#settings, id, now);
  }

  /** How many wait, hold a place, and have one kept for them. */
  get counts(): {readonly waiting: number; readonly running: number; readonly promised: number} {
    const {backlog, running, promises} = this.#world;
    return {waiting: backlog.size, running: running.size - promises.size, promised: promises.size};
  }

  /** How often a worker was looked at for a shape so far: what rounds cost. */
  get looks(): number {
    return this.#world.standings.looks;
  }
}
