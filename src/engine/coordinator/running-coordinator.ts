import type {Readable} from 'node:stream';
import {UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Workload} from '../spec/workload.ts';
import type {Measures} from '../telemetry/metrics/index.ts';
import type {Tracing} from '../telemetry/tracing/index.ts';
import {checkType} from './check-type.ts';
import {restoreAsNew, restoreHere} from './checkpoints/restore-workload.ts';
import {pause} from './clock.ts';
import type {Coordinator, CoordinatorSettings, Health, LogOptions, Why, WorkerNow} from './coordinator.ts';
import type {Duty} from './duty.ts';
import type {Environments} from './environments/environments.ts';
import {EventsFeed} from './events-feed.ts';
import {explainWhy} from './explain-why.ts';
import {healthOf} from './health.ts';
import {Leader} from './leading/leader.ts';
import {conditionOf} from './leading/silence.ts';
import {Term} from './leading/term.ts';
import type {LogLine} from './log-line.ts';
import {carriedOutElsewhere, stopsNow} from './not-now.ts';
import {readLogs} from './read-logs.ts';
import type {CoordinatorParts} from './start-coordinator.ts';
import type {
  Accepted,
  Actor,
  CheckpointRow,
  EventRow,
  Leadership,
  Scope,
  Store,
  Submission,
  Wish,
  WorkloadId,
  WorkloadRow,
} from './store/store.ts';
import {StoreClock} from './store-clock.ts';
import type {WorkloadType} from './types/workload-type.ts';
import {UsageLooks} from './workers/usage-looks.ts';
import {type WorkloadFigures, workloadFigures} from './workload-figures.ts';

export interface RunningParts extends CoordinatorParts {
  readonly measures: Measures;
  readonly tracing: Tracing;
  /** What is wrong with the database, in words. */
  readonly trouble: () => string | undefined;
}

/** A coordinator in this process: answers whoever asks, and while it leads has a term that decides. */
export class RunningCoordinator implements Coordinator {
  readonly id: string;
  readonly store: Store;
  readonly environments?: Environments;
  readonly #parts: RunningParts;
  readonly #types: ReadonlyMap<string, WorkloadType>;
  readonly #leader: Leader;
  readonly #feed: EventsFeed;
  readonly #storeClock: StoreClock;
  readonly #looks: UsageLooks;
  readonly #ending = new Set<Promise<void>>();
  #settings: CoordinatorSettings;
  #term?: Term;
  readonly #duties: readonly Duty[];
  #stopHints: () => Promise<void> = async () => {};
  #stopping?: Promise<void>;

  constructor(parts: RunningParts) {
    const {id, store, address, clock, settings, log} = parts;
    this.id = id;
    this.store = store;
    if (parts.environments) this.environments = parts.environments;
    this.#parts = parts;
    this.#settings = settings;
    this.#types = new Map(parts.types.map(type => [type.name, type]));
    this.#looks = new UsageLooks(clock);
    this.#storeClock = new StoreClock(store, clock);
    this.#feed = new EventsFeed(parts);
    const onChange = () => this.#feed.wake();
    this.#duties = parts.duties?.({store, settings: () => this.#settings, onChange}) ?? [];
    this.#leader = new Leader({
      store,
      coordinator: id,
      address,
      clock,
      settings: settings.lease,
      onElected: leadership => this.#lead(leadership),
      onLost: why => this.#stepDown(why),
      onError: error => log.warn({err: error}, 'the lease could not be renewed'),
    });
  }

  async start(): Promise<void> {
    await this.#storeClock.sync();
    await this.#feed.start();
    const stopBroker = this.#parts.hints?.listen(() => this.#changed());
    const stopStore = await this.store.onHint(about => {
      this.#changed();
      if (about === 'workloads') return;
      this.#leader.hint();
      for (const duty of this.#duties) duty.wake();
    });
    this.#stopHints = async () => {
      stopBroker?.();
      await stopStore();
    };
    await this.#leader.start();
  }

  leads(): boolean {
    return this.#leader.leadership() !== undefined;
  }

  async submit(submissions: readonly Submission[]): Promise<readonly Accepted[]> {
    this.#refuseWhileStopping();
    const accepted = await this.store.submit(submissions);
    this.#changed();
    this.#parts.hints?.tell();
    return accepted;
  }

  check(workload: Workload, at: readonly (string | number)[]): void {
    checkType(workload, at, this.#types);
  }

  async ask(scope: Scope, id: WorkloadId, wish: Wish, actor: Actor): Promise<WorkloadRow | undefined> {
    this.#refuseWhileStopping();
    const row = await this.store.ask(scope, id, wish, actor);
    this.#changed();
    this.#parts.hints?.tell();
    return row;
  }

  async why(scope: Scope, id: WorkloadId): Promise<Why | undefined> {
    const row = await this.store.workload(scope, id);
    return row && explainWhy(row, this.#term?.why(id), this.#storeClock.now());
  }

  async logs(scope: Scope, id: WorkloadId, options: LogOptions): Promise<AsyncIterable<LogLine> | undefined> {
    const row = await this.store.workload(scope, id);
    const {workers, clock} = this.#parts;
    const sleep = (ms: number) => pause(clock, ms, options.signal);
    return row && readLogs(row, scope, options, {store: this.store, types: this.#types, workers, sleep});
  }

  async checkpointNow(scope: Scope, id: WorkloadId, actor: Actor): Promise<CheckpointRow | undefined> {
    this.#refuseWhileStopping();
    const row = await this.store.workload(scope, id);
    if (!row) return undefined;
    if (row.state !== 'RUNNING' && row.state !== 'CHECKPOINTING')
      throw new UserError({
        code: 'not-possible',
        message: `workload ${id} is ${row.state}: only what runs can write a checkpoint`,
      });
    const execution = this.#term?.execution(id);
    if (!execution) throw carriedOutElsewhere(id, await this.store.leader());
    const checkpoint = await execution.checkpoint('manual');
    await this.store.note({
      type: 'checkpoint.asked',
      customer: row.customer,
      workload: id,
      actor,
      data: {number: checkpoint.number},
    });
    this.#changed();
    return checkpoint;
  }

  async openCheckpoint(scope: Scope, id: WorkloadId, number: number): Promise<Readable | undefined> {
    const checkpoint = (await this.store.checkpoints(scope, id)).find(each => each.number === number);
    return checkpoint && this.#parts.checkpoints.open(checkpoint);
  }

  async restore(scope: Scope, id: WorkloadId, number: number | undefined, actor: Actor) {
    this.#refuseWhileStopping();
    const row = await restoreHere({store: this.store, keeper: this.#parts.checkpoints}, scope, id, number, actor);
    this.#changed();
    return row;
  }

  async restoreAsNew(scope: Scope, id: WorkloadId, wish: Parameters<Coordinator['restoreAsNew']>[2]) {
    this.#refuseWhileStopping();
    const parts = {store: this.store, keeper: this.#parts.checkpoints, randomBytes: this.#parts.randomBytes};
    const row = await restoreAsNew(parts, scope, id, wish);
    this.#changed();
    return row;
  }

  figures(scope: Scope, limit: number): Promise<readonly WorkloadFigures[]> {
    return workloadFigures({store: this.store, workers: this.#parts.workers, looks: this.#looks}, scope, limit);
  }

  async workers(): Promise<readonly WorkerNow[]> {
    const {workers} = this.#parts;
    const {silence} = this.#settings;
    return (await this.store.workers()).map(row => {
      const pooled = workers.worker(row.name);
      return {
        ...row,
        condition: pooled ? conditionOf(pooled.silentMs(), silence) : 'unknown',
        running: this.#term?.runningOn(row.name) ?? 0,
      };
    });
  }

  async drain(worker: HostName, drained: boolean, actor: Actor, stop = false): Promise<boolean> {
    this.#refuseWhileStopping();
    const known = await this.store.setDrained(worker, drained, actor, stop);
    this.#term?.look();
    this.#feed.wake();
    return known;
  }

  subscribe(listener: (event: EventRow) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  health(): Health {
    const {workers, trouble, brokerTrouble, checkpoints} = this.#parts;
    return healthOf({
      trouble: trouble(),
      storageTrouble: checkpoints.trouble(),
      stopping: this.#stopping !== undefined,
      leads: this.leads(),
      partition: this.#term?.partition,
      silentMs: workers.workers().map(worker => worker.silentMs()),
      silence: this.#settings.silence,
      ...(brokerTrouble && {broker: {trouble: brokerTrouble()}}),
    });
  }

  reconfigure(settings: Partial<CoordinatorSettings>): void {
    this.#settings = {...this.#settings, ...settings};
    this.#term?.look();
  }

  stop({deadlineMs}: {readonly deadlineMs: number}): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    const deadline = new AbortController();
    const late = pause(this.#parts.clock, deadlineMs, deadline.signal);
    this.#stepDown('this coordinator stops');
    await Promise.race([Promise.all(this.#ending), late]);
    const given = this.#leader
      .stop()
      .catch(error => this.#parts.log.warn({err: error}, 'the lease could not be given back'));
    await Promise.race([Promise.all([given, this.#feed.stop(), this.#stopHints()]), late]);
    deadline.abort();
  }

  #lead(leadership: Leadership): void {
    if (this.#stopping) return;
    const {log} = this.#parts;
    log.info({coordinator: this.id, generation: leadership.generation}, 'this coordinator leads');
    // A later generation is another term's.
    const current = () => {
      const now = this.#leader.leadership();
      return now?.generation === leadership.generation ? now : undefined;
    };
    const term = new Term({
      ...this.#parts,
      coordinator: this.id,
      keeper: this.#parts.checkpoints,
      types: this.#types,
      storeClock: this.#storeClock,
      settings: () => this.#settings,
      leadership: current,
      onChange: () => this.#feed.wake(),
    });
    this.#term = term;
    // What an earlier term of this process still says comes first.
    void Promise.all(this.#ending).then(() => {
      if (this.#term !== term) return;
      term.begin();
      for (const duty of this.#duties) duty.begin(current);
    });
  }

  #stepDown(why: string): void {
    const term = this.#term;
    this.#term = undefined;
    if (!term) return;
    this.#parts.log.info({coordinator: this.id, why}, 'this coordinator does not lead any more');
    const ending: Promise<void> = Promise.all([term.end(why), ...this.#duties.map(duty => duty.end(why))])
      .then(() => undefined)
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Workloads did. */
  #changed(): void {
    this.#term?.wake();
    this.#feed.wake();
  }

  #refuseWhileStopping(): void {
    if (this.#stopping) throw stopsNow();
  }
}
