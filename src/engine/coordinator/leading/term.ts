import {type Decision, Queue, type Why as QueueWhy} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import {pause} from '../clock.ts';
import {fireDue} from '../schedules/fire-due.ts';
import type {AttemptRow, Leadership, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {Execution} from '../workers/execution.ts';
import {Executions} from '../workers/executions.ts';
import {reporter} from '../workers/reporter.ts';
import {holdsPlace} from '../workload-states.ts';
import {Comparisons} from './comparisons.ts';
import {LostWorkloads} from './lost-workloads.ts';
import {mayStart, Picture} from './picture.ts';
import {conditionOf} from './silence.ts';
import {StartBreaker} from './start-breaker.ts';
import type {TermParts} from './term-parts.ts';
import {verdictOn} from './verdict.ts';
import {conditions, workerViews} from './worker-views.ts';

const pageSize = 1000;
const expireEveryMs = 3_600_000;

/**
 * One term of leadership, from the election to its loss: keeps a picture of all that has not ended, decides in rounds what
 * starts where, and carries the attempts out. Everything it knows is from the store, and read anew by the next term.
 */
export class Term {
  readonly #parts: TermParts;
  readonly #queue: Queue;
  readonly #picture: Picture;
  readonly #executions: Executions;
  readonly #lost: LostWorkloads;
  readonly #comparisons: Comparisons;
  readonly #breaker = new StartBreaker();
  readonly #over = new AbortController();
  readonly #unsubscribe: () => void;
  #wake = Promise.withResolvers<void>();
  #cursor?: string;
  #drained: ReadonlySet<HostName> = new Set();
  #lookAt = 0;
  #expireAt = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TermParts) {
    this.#parts = parts;
    const {clock, storeClock, store, settings, workers} = parts;
    const now = () => storeClock.now();
    this.#queue = new Queue(settings().queue);
    this.#executions = new Executions({
      ...parts,
      startsPerWorker: settings().startsPerWorker,
      suspectMs: settings().silence.suspectMs,
      report: reporter(parts),
      now,
      verdict: (row, end) => {
        if (end.outcome === 'outside') this.#failedOutside(row, end.reason);
        else this.#breaker.started(row.worker ?? '');
        return verdictOn(row, end, {store, settings: settings(), random: parts.random, now});
      },
      onCheckpoint: ({workload, takenAt}) => this.#picture.checkpointed(workload, takenAt),
      onDone: id => {
        parts.onChange();
        this.#picture.settled(id);
        this.wake();
      },
    });
    this.#picture = new Picture({
      queue: this.#queue,
      isBusy: id => this.#executions.get(id) !== undefined,
      isStopping: id => this.#executions.get(id)?.stopping ?? false,
      now,
    });
    this.#lost = new LostWorkloads({...parts, picture: this.#picture, executions: this.#executions});
    this.#comparisons = new Comparisons({...parts, onDone: () => this.wake()});
    this.#expireAt = clock.monotonicMs() + expireEveryMs;
    this.#unsubscribe = workers.subscribe(() => this.wake());
  }

  begin(): void {
    this.#running = this.#rounds();
  }

  /** Something happened that a round may act on. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Workers, customers or settings changed. */
  look(): void {
    this.#lookAt = 0;
    this.wake();
  }

  /** Nothing is decided or reported any more when it resolves; what runs on hosts goes on. */
  async end(why: string): Promise<void> {
    this.#over.abort();
    this.wake();
    this.#unsubscribe();
    this.#comparisons.end();
    await Promise.all([this.#running, this.#executions.release(why)]);
  }

  why(id: WorkloadId): QueueWhy {
    return this.#queue.why(id, this.#parts.storeClock.now());
  }

  execution(id: WorkloadId): Execution | undefined {
    return this.#executions.get(id);
  }

  get partition(): string | undefined {
    return this.#lost.partition;
  }

  runningOn(worker: HostName): number {
    return [...this.#picture.all()].filter(row => row.worker === worker && holdsPlace(row.state)).length;
  }

  async #rounds(): Promise<void> {
    const {settings, clock, log} = this.#parts;
    for (let failures = 0; !this.#over.signal.aborted; ) {
      this.#wake = Promise.withResolvers();
      try {
        await this.#round();
        failures = 0;
      } catch (error) {
        if (this.#over.signal.aborted) return;
        failures += 1;
        log.warn({err: error, failures}, 'a round failed');
        await pause(clock, Math.min(100 * 2 ** failures, 5000), this.#over.signal);
      }
      const resting = new AbortController();
      const rest = pause(clock, settings().round.everyMs, AbortSignal.any([resting.signal, this.#over.signal]));
      await Promise.race([rest, this.#wake.promise]);
      resting.abort();
    }
  }

  async #round(): Promise<void> {
    const leadership = this.#parts.leadership();
    if (!leadership || this.#over.signal.aborted) return;
    const {workers, settings, clock, storeClock} = this.#parts;
    if (clock.monotonicMs() >= this.#lookAt) await this.#lookAround(leadership);
    await this.#takeChanges();
    await this.#refuseUnknownTypes(leadership);
    this.#comparisons.begin();
    this.#tellOfWorkers();
    await this.#lost.decide(leadership, conditions(workers.workers(), settings().silence));
    for (const row of this.#picture.all()) this.#carryOut(row);
    await this.#placeWhatIsAhead(leadership);
    await this.#act(leadership, this.#queue.round(storeClock.now()));
  }

  async #takeChanges(): Promise<void> {
    for (let more = true; more; ) {
      const changes = await this.#parts.store.changes(this.#cursor, pageSize);
      for (const row of changes.rows) this.#take(row);
      this.#cursor = changes.cursor;
      more = changes.more;
    }
  }

  async #refuseUnknownTypes(leadership: Leadership): Promise<void> {
    const {types, store} = this.#parts;
    const unknown = [...this.#picture.all()].filter(row => row.state === 'PENDING' && !types.has(row.workload.type));
    if (unknown.length === 0) return;
    const known = [...types.keys()].join(', ');
    await store.change(
      leadership,
      unknown.map(({id, attempt, workload}) => ({
        workload: id,
        from: 'PENDING',
        attempt,
        to: 'FAILED',
        reason: `there is no workload type ${workload.type}; this coordinator knows ${known}`,
      })),
    );
  }

  #take(row: WorkloadRow): void {
    this.#picture.take(row);
    const waitMs = (row.notBefore ?? 0) - this.#parts.storeClock.now();
    if (mayStart(row) && waitMs > 0 && waitMs < this.#parts.settings().round.everyMs)
      this.#parts.clock.after(waitMs + 1, () => this.wake());
  }

  /** What is asked for no more than once a second: clock, customers, workers, schedules, what is too old. */
  async #lookAround(leadership: Leadership): Promise<void> {
    const {store, storeClock, clock, settings, workers, coordinator, randomBytes, log} = this.#parts;
    this.#lookAt = clock.monotonicMs() + settings().round.everyMs;
    await storeClock.sync();
    const heard = workers.workers().filter(worker => worker.silentMs() < settings().silence.suspectMs);
    await store.beat(heard.flatMap(worker => worker.beat() ?? []));
    this.#drained = new Set((await store.workers()).filter(({drained}) => drained).map(({name}) => name));
    this.#queue.setSettings(settings().queue);
    for (const customer of await store.customers()) this.#queue.setCustomer(customer);
    const fired = await fireDue(leadership, {store, coordinator, now: storeClock.now(), randomBytes});
    if (fired > 0) log.info({fired}, 'schedules were due');
    if (clock.monotonicMs() < this.#expireAt) return;
    this.#expireAt = clock.monotonicMs() + expireEveryMs;
    const {eventsMs, workloadsMs} = settings().keep;
    await store.expire({events: storeClock.now() - eventsMs, workloads: storeClock.now() - workloadsMs});
  }

  #tellOfWorkers(): void {
    const {workers, settings, clock} = this.#parts;
    const views = workerViews(workers.workers(), {
      silence: settings().silence,
      drained: this.#drained,
      objection: worker => this.#comparisons.objection(worker) ?? this.#breaker.open(worker.name, clock.monotonicMs()),
    });
    this.#queue.setWorkers(views);
  }

  /** Of one that holds a place: begun or adopted here if it is not yet, and told what is wanted of it. */
  #carryOut(row: WorkloadRow): void {
    if (!holdsPlace(row.state)) return;
    const execution = this.#executions.get(row.id);
    if (!execution) this.#begin(row);
    else if (execution.attempt !== row.attempt) execution.release('a newer attempt was begun');
    else if (row.wanted) execution.want(row.wanted);
    else if (this.#drained.has(execution.worker) && row.workload.checkpoint) execution.want('drain');
  }

  #begin(row: WorkloadRow): void {
    const worker = this.#parts.workers.worker(row.worker ?? '');
    if (worker && this.#comparisons.objection(worker) !== undefined && row.state !== 'SCHEDULED') return;
    this.#executions.begin(row);
  }

  /** Attempts that were found running though the store has yet to make them. */
  async #placeWhatIsAhead(leadership: Leadership): Promise<void> {
    const found = this.#comparisons.takeAhead().flatMap(({workload, attempt, worker}) => {
      const row = this.#picture.get(workload);
      return row && mayStart(row) && attempt === row.attempt + 1
        ? [{workload, attempt, worker, reason: 'found running there'}]
        : [];
    });
    await this.#place(leadership, found);
  }

  async #act(leadership: Leadership, decisions: readonly Decision[]): Promise<void> {
    const starts = decisions.flatMap(each => {
      if (each.kind !== 'start') return [];
      const attempt = (this.#picture.get(each.workload)?.attempt ?? 0) + 1;
      return [{workload: each.workload, attempt, worker: each.worker, reason: each.because}];
    });
    for (const each of decisions)
      if (each.kind === 'preempt')
        for (const {workload} of each.victims) this.#executions.get(workload)?.want('preempt');
    const parked = decisions.flatMap(each =>
      each.kind === 'park' ? [{workload: each.workload, reason: each.because}] : [],
    );
    if (parked.length > 0) await this.#parts.store.explain(leadership, parked);
    await this.#place(leadership, starts);
  }

  async #place(leadership: Leadership, starts: Parameters<TermParts['store']['place']>[1]): Promise<void> {
    if (starts.length === 0) return;
    const placed = new Map<WorkloadId, AttemptRow>();
    try {
      for (const attempt of await this.#parts.store.place(leadership, starts)) placed.set(attempt.workload, attempt);
    } finally {
      for (const {workload} of starts) this.#afterPlacing(workload, placed.get(workload));
    }
  }

  /** Begun; or, changed meanwhile, left to what is read of it next. */
  #afterPlacing(id: WorkloadId, attempt: AttemptRow | undefined): void {
    const row = this.#picture.get(id);
    if (!row) return;
    if (!attempt) {
      this.#picture.take(row);
      return;
    }
    const placed = {
      ...row,
      state: 'SCHEDULED' as const,
      attempt: attempt.attempt,
      lease: attempt.lease,
      worker: attempt.worker,
      changedAt: attempt.placedAt,
      notBefore: undefined,
    };
    this.#picture.take(placed);
    this.#executions.begin(placed);
  }

  #failedOutside(row: WorkloadRow, why: string): void {
    const {workers, clock, settings, log} = this.#parts;
    const worker = row.worker ?? '';
    this.#breaker.failed(worker, why, clock.monotonicMs());
    log.warn({workload: row.id, worker, why: why}, 'an attempt failed for reasons that are not its own');
    const avoided = [...new Set([...this.#picture.avoidedBy(row.id), worker])];
    const others = workers
      .workers()
      .filter(other => !avoided.includes(other.name) && conditionOf(other.silentMs(), settings().silence) === 'well');
    this.#picture.avoid(row.id, others.length > 0 ? avoided : []);
  }
}
