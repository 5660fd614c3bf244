import {Bug} from '../../spec/errors.ts';
import {type Account, Accounts} from './accounts.ts';
import {exact} from './amounts.ts';
import {attemptOf} from './attempt-of.ts';
import {Backlog} from './backlog.ts';
import {Fleet} from './fleet.ts';
import {FairShare} from './priority.ts';
import type {CustomerId, QueuedWorkload, RunningAttempt, WorkloadId} from './request.ts';
import {type PerGpu, Scoring} from './scoring.ts';
import type {QueueSettings} from './settings.ts';
import {shapeKey} from './shape-key.ts';
import {Standings} from './standings.ts';
import {addUsage, type Used} from './usage.ts';

/** A place that is kept for a workload until those that are stopped for it have ended. */
export interface Promised {
  readonly workload: QueuedWorkload;
  readonly worker: string;
  readonly awaits: readonly WorkloadId[];
}

/** Everything a queue knows, and the moves that keep its parts in step. */
export class World {
  readonly fleet = new Fleet();
  readonly backlog = new Backlog();
  readonly accounts = new Accounts();
  readonly scoring = new Scoring(this.fleet);
  readonly standings = new Standings(this.fleet, this.scoring);
  /** Whoever holds a place, promised ones among them. */
  readonly running = new Map<WorkloadId, RunningAttempt>();
  readonly promises = new Map<WorkloadId, Promised>();
  /** Of all workloads that ask for devices: cores, MiB and devices. */
  readonly #devices = {cpu: 0, mebibytes: 0, gpu: 0};

  /** Errors: Bug when it holds a place: its attempt has to end first. */
  enqueue(workload: QueuedWorkload): void {
    if (this.running.has(workload.id)) throw new Bug(`workload ${workload.id} is queued while it holds a place`);
    this.dequeue(workload.id);
    this.backlog.add(workload);
    this.#countDevices(workload, 1);
  }

  dequeue(id: WorkloadId): QueuedWorkload | undefined {
    const workload = this.backlog.remove(id);
    if (workload) this.#countDevices(workload, -1);
    return workload;
  }

  hold(attempt: RunningAttempt, kept = false): void {
    this.running.set(attempt.id, attempt);
    this.accounts.of(attempt.customer).add(attempt);
    this.fleet.take({...attempt, kept});
    this.#countDevices(attempt, 1);
  }

  /** Keeps a place for a workload that leaves the queue for it. */
  promise(promised: Promised, now: number): void {
    const {workload, worker} = promised;
    this.dequeue(workload.id);
    this.hold(attemptOf(workload, worker, now), true);
    this.promises.set(workload.id, promised);
  }

  /** Whether a place is kept for the workload, as it is. */
  keepsFor(workload: QueuedWorkload): boolean {
    const promised = this.promises.get(workload.id);
    return promised !== undefined && JSON.stringify(promised.workload) === JSON.stringify(workload);
  }

  letGo(id: WorkloadId): RunningAttempt | undefined {
    const attempt = this.running.get(id);
    if (!attempt) return undefined;
    this.running.delete(id);
    this.promises.delete(id);
    this.accounts.of(attempt.customer).remove(attempt);
    this.fleet.release(attempt);
    this.#countDevices(attempt, -1);
    return attempt;
  }

  /** Says more of an attempt that is known; another place or shape is another attempt. */
  renew(attempt: RunningAttempt): void {
    const known = this.running.get(attempt.id);
    const same =
      known !== undefined &&
      !this.promises.has(attempt.id) &&
      known.worker === attempt.worker &&
      known.name === attempt.name &&
      known.concurrency?.key === attempt.concurrency?.key &&
      known.customer === attempt.customer &&
      shapeKey(known.shape, known.customer) === shapeKey(attempt.shape, attempt.customer);
    if (!same) {
      this.letGo(attempt.id);
      this.hold(attempt);
      return;
    }
    this.running.set(attempt.id, attempt);
    const account = this.accounts.of(attempt.customer);
    account.remove(known);
    account.add(attempt);
  }

  /** Adds what an attempt used to its customer's account. */
  charge({customer, shape, startedAt}: RunningAttempt, at: number, halfLifeMs: number): Used {
    const account = this.accounts.of(customer);
    const used = addUsage(account.view, shape.resources, {startedAt, endedAt: at}, halfLifeMs);
    account.view = {...account.view, ...used};
    return used;
  }

  /** What each customer's use makes of its turn now. */
  fairShare(settings: QueueSettings, now: number): FairShare {
    this.accounts.beginRound(now, settings.fairShare.halfLifeMs);
    return new FairShare(this.#active(), this.fleet.cores(), settings, now);
  }

  /** Customers that have something waiting or running. */
  #active(): readonly Account[] {
    const ids = new Set<CustomerId>(this.backlog.customers());
    for (const account of this.accounts.all()) if (account.attempts.size > 0) ids.add(account.view.id);
    return [...ids].map(id => this.accounts.of(id));
  }

  /** What usually goes with a device; undefined when nobody asks for any. */
  perGpu(): PerGpu | undefined {
    const {cpu, mebibytes, gpu} = this.#devices;
    if (gpu === 0) return undefined;
    return {cpu: (cpu / gpu) * 1e6, memory: (mebibytes / gpu) * 1e6 * 2 ** 20};
  }

  #countDevices({shape}: Pick<QueuedWorkload, 'shape'>, sign: 1 | -1): void {
    if (!shape.resources.gpu) return;
    const {cpu, memory, gpu} = exact(shape.resources);
    this.#devices.cpu += sign * cpu;
    this.#devices.mebibytes += sign * Math.ceil(memory / 2 ** 20);
    this.#devices.gpu += sign * gpu;
  }
}
