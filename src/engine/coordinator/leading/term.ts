import {Queue, type Why as QueueWhy} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import {pause} from '../clock.ts';
import type {WorkerFigures} from '../observing/queue-figures.ts';
import {tellFigures} from '../observing/tell-figures.ts';
import type {CheckpointRow, Leadership, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {AgentTerm} from '../workers/agent.ts';
import type {End} from '../workers/attempt-end.ts';
import type {CarriedOut} from '../workers/carried-out.ts';
import {Executions} from '../workers/executions.ts';
import {type Decided, endReporter} from '../workers/report-end.ts';
import {reporter} from '../workers/reporter.ts';
import {Comparisons} from './comparisons.ts';
import {LookingAround} from './looking-around.ts';
import {LostWorkloads} from './lost-workloads.ts';
import {mayStart, Picture} from './picture.ts';
import {conditionOf} from './silence.ts';
import {StartBreaker} from './start-breaker.ts';
import {Starts} from './starts.ts';
import type {TermParts} from './term-parts.ts';
import {verdictOn} from './verdict.ts';
import {conditions, workerViews} from './worker-views.ts';

const pageSize = 1000;

/**
 * One term of leadership, from the election to its loss: keeps a picture of all that has not ended, decides in rounds what
 * starts where, and carries the attempts out. Everything it knows is from the store, and read anew by the next term.
 */
export class Term {
  readonly #parts: TermParts;
  readonly #queue: Queue;
  readonly #picture: Picture;
  readonly #executions: Executions;
  readonly #starts: Starts;
  readonly #lost: LostWorkloads;
  readonly #comparisons: Comparisons;
  readonly #around: LookingAround;
  readonly #breaker = new StartBreaker();
  readonly #over = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #agentTerm: AgentTerm;
  #endAgents?: () => Promise<void>;
  readonly #stopTelling: () => void;
  #wake = Promise.withResolvers<void>();
  #cursor?: string;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TermParts) {
    this.#parts = parts;
    const {settings, workers} = parts;
    const now = () => parts.storeClock.now();
    this.#queue = new Queue(settings().queue);
    const report = reporter(parts);
    const told = {
      report,
      ended: endReporter({report, verdict: (row, end) => this.#verdict(row, end)}),
      onCheckpoint: ({workload, takenAt}: CheckpointRow) => this.#picture.checkpointed(workload, takenAt),
    };
    this.#agentTerm = {...told, now, leadership: parts.leadership, keeper: parts.keeper};
    this.#executions = new Executions({
      ...parts,
      ...told,
      now,
      startsPerWorker: settings().startsPerWorker,
      suspectMs: settings().silence.suspectMs,
      onDone: ({id, attempt, over}) => {
        parts.onChange();
        this.#picture.settled(id, over ? attempt : undefined);
        this.wake();
      },
    });
    this.#picture = new Picture({
      queue: this.#queue,
      isBusy: id => this.#executions.get(id) !== undefined,
      isStopping: id => this.#executions.get(id)?.stopping ?? false,
      now,
      longestRestMs: () => settings().outsideFailures.maxMs,
    });
    this.#starts = new Starts({...parts, picture: this.#picture, executions: this.#executions});
    this.#lost = new LostWorkloads({...parts, picture: this.#picture, executions: this.#executions});
    this.#comparisons = new Comparisons({...parts, picture: this.#picture, onDone: () => this.wake()});
    this.#around = new LookingAround({
      ...parts,
      queue: this.#queue,
      onClockSetBack: () => this.#picture.clockSetBack(),
    });
    this.#unsubscribe = workers.subscribe(() => this.wake());
    this.#stopTelling = tellFigures(parts.measures, {
      rows: () => this.#picture.all(),
      placed: () => this.#picture.placed(),
      workers: () => this.#workerFigures(),
      now,
    });
  }

  begin(): void {
    this.#endAgents = this.#parts.workers.lead?.(this.#agentTerm);
    this.#running = this.#rounds();
  }

  /** Something happened that a round may act on. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Workers, customers or settings changed. */
  look(): void {
    this.#around.soon();
    this.wake();
  }

  /** Nothing is decided or reported any more when it resolves; what runs on hosts goes on. */
  async end(why: string): Promise<void> {
    this.#over.abort();
    this.wake();
    this.#unsubscribe();
    this.#stopTelling();
    this.#comparisons.end();
    await Promise.all([this.#running, this.#endAgents?.(), this.#executions.release(why)]);
    // What the last round began when it was told to end.
    await this.#executions.release(why);
  }

  why(id: WorkloadId): QueueWhy {
    return this.#queue.why(id, this.#parts.storeClock.now());
  }

  execution(id: WorkloadId): CarriedOut | undefined {
    return this.#executions.get(id);
  }

  get partition(): string | undefined {
    return this.#lost.partition;
  }

  runningOn(worker: HostName): number {
    return this.#picture.placed().filter(row => row.worker === worker).length;
  }

  async #rounds(): Promise<void> {
    const {settings, clock, log, measures} = this.#parts;
    for (let failures = 0; !this.#over.signal.aborted; ) {
      this.#wake = Promise.withResolvers();
      const began = clock.monotonicMs();
      try {
        await this.#round();
        measures.observe('niyanta_round_duration_seconds', {}, (clock.monotonicMs() - began) / 1000);
        failures = 0;
      } catch (error) {
        if (this.#over.signal.aborted) return;
        failures += 1;
        measures.add('niyanta_round_failures_total', {});
        log.warn({err: error, failures}, 'a round failed');
        await pause(clock, Math.min(100 * 2 ** failures, 5000), this.#over.signal);
      }
      await pause(clock, settings().round.everyMs, this.#over.signal, this.#wake.promise);
    }
  }

  async #round(): Promise<void> {
    const leadership = this.#parts.leadership();
    if (!leadership || this.#over.signal.aborted) return;
    const {workers, settings, storeClock} = this.#parts;
    await this.#around.ifDue(leadership);
    await this.#takeChanges(leadership);
    this.#comparisons.begin();
    this.#tellOfWorkers();
    await this.#lost.decide(leadership, conditions(workers.workers(), settings().silence));
    for (const row of this.#picture.placed()) this.#carryOut(row);
    this.#comparisons.done(await this.#starts.whereTheyAre(leadership, this.#comparisons.ahead()));
    if (this.#comparisons.settling()) return;
    await this.#starts.act(leadership, this.#queue.round(storeClock.now()), this.#comparisons.ahead());
  }

  async #takeChanges(leadership: Leadership): Promise<void> {
    const unknown: WorkloadRow[] = [];
    for (let more = true; more; ) {
      const changes = await this.#parts.store.changes(this.#cursor, pageSize);
      for (const row of changes.rows) {
        this.#take(row);
        if (row.state === 'PENDING' && !this.#parts.types.has(row.workload.type)) unknown.push(row);
      }
      this.#cursor = changes.cursor;
      more = changes.more;
    }
    if (unknown.length > 0) await this.#refuse(leadership, unknown);
  }

  #take(row: WorkloadRow): void {
    this.#picture.take(row);
    const waitMs = (row.notBefore ?? 0) - this.#parts.storeClock.now();
    if (mayStart(row) && waitMs > 0 && waitMs < this.#parts.settings().round.everyMs)
      this.#parts.clock.after(waitMs + 1, () => this.wake());
  }

  async #refuse(leadership: Leadership, rows: readonly WorkloadRow[]): Promise<void> {
    const known = [...this.#parts.types.keys()].join(', ');
    await this.#parts.store.change(
      leadership,
      rows.map(({id, attempt, workload}) => ({
        workload: id,
        from: 'PENDING',
        attempt,
        to: 'FAILED',
        reason: `there is no workload type ${workload.type}; this coordinator knows ${known}`,
      })),
    );
  }

  #workerFigures(): readonly WorkerFigures[] {
    const {workers, settings} = this.#parts;
    const {drained} = this.#around;
    return workers.workers().map(worker => {
      const beat = worker.beat();
      const well = conditionOf(worker.silentMs(), settings().silence) === 'well';
      return {name: worker.name, beat, usable: well && beat?.unusable === undefined && !drained.has(worker.name)};
    });
  }

  #tellOfWorkers(): void {
    const {workers, settings, clock} = this.#parts;
    const views = workerViews(workers.workers(), {
      silence: settings().silence,
      drained: this.#around.drained,
      objection: worker => this.#comparisons.objection(worker) ?? this.#breaker.open(worker.name, clock.monotonicMs()),
    });
    this.#queue.setWorkers(views);
  }

  /** Of one that holds a place: begun or adopted here if it is not yet, and told what is wanted of it. */
  #carryOut(row: WorkloadRow): void {
    const execution = this.#executions.get(row.id);
    if (!execution) this.#adopt(row);
    else if (execution.attempt !== row.attempt) execution.release('a newer attempt was begun');
    else if (row.wanted) execution.want(row.wanted);
    else if (this.#leaves(execution.worker, row)) execution.want('drain');
  }

  /** Its worker is in drain, and it can go on elsewhere, or shall begin anew there. */
  #leaves(worker: HostName, {workload}: WorkloadRow): boolean {
    const {drained, stopping} = this.#around;
    return drained.has(worker) && (workload.checkpoint !== undefined || stopping.has(worker));
  }

  /** Once it is known what of it runs there. */
  #adopt(row: WorkloadRow): void {
    const worker = this.#parts.workers.worker(row.worker ?? '');
    if (worker && this.#comparisons.objection(worker) !== undefined && row.state !== 'SCHEDULED') return;
    this.#executions.begin(row);
  }

  #verdict(row: WorkloadRow, end: End): Promise<Decided> {
    const {store, settings, random, storeClock} = this.#parts;
    if (end.outcome === 'outside') this.#failedOutside(row, end.reason);
    else this.#breaker.started(row.worker ?? '');
    const parts = {store, settings: settings(), random, now: () => storeClock.now()};
    return this.#untilAnswered(() => verdictOn(row, end, parts));
  }

  /** An end that was seen is not lost because the database is away for a while. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    const {clock, log} = this.#parts;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#over.signal.aborted) throw error;
        log.warn({err: error}, 'a decision waits for the database');
        await pause(clock, 500, this.#over.signal);
      }
    }
  }

  #failedOutside(row: WorkloadRow, why: string): void {
    const {workers, clock, settings, log} = this.#parts;
    const worker = row.worker ?? '';
    this.#breaker.failed(worker, why, clock.monotonicMs());
    log.warn({workload: row.id, worker, why}, 'an attempt failed for reasons that are not its own');
    const avoided = [...new Set([...this.#picture.avoidedBy(row.id), worker])];
    const others = workers
      .workers()
      .filter(other => !avoided.includes(other.name) && conditionOf(other.silentMs(), settings().silence) === 'well');
    this.#picture.avoid(row.id, others.length > 0 ? avoided : []);
  }
}
