import type {Operation, Plan, SwitchOperation} from '../planner/plan.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer, StepContext} from './actions.ts';
import {removeReplaced} from './container-steps.ts';
import type {ApplyEvent, ApplyResult, OnEvent, OperationOutcome} from './events.ts';
import {runGraph} from './graph.ts';
import type {Inverse, InverseTools, Present} from './inverse.ts';
import {oftenEnough} from './often-enough.ts';
import {Patience} from './patience.ts';
import {isHostGone, withRetry} from './retry.ts';
import type {RunLog} from './run-journal.ts';
import {runOperation} from './run-operation.ts';
import type {Clock, ReleaseBook} from './run-switch.ts';
import {type Failure, takeBack} from './take-back.ts';
import {operationTitle} from './titles.ts';
import type {Traffic} from './traffic.ts';
import {type RoutesBefore, trafficOf} from './traffic-before.ts';
import {UndoLog} from './undo-log.ts';

export interface RunOptions {
  readonly actions: Actions;
  /** Containers of this environment before the plan runs. */
  readonly present: readonly Present[];
  /** Listed although their hosts cannot be reached. */
  readonly silent?: readonly Peer[];
  /** What the proxies of the environment's hosts have, and how services with a release are split. */
  readonly routes: RoutesBefore;
  /** Where releases are written down while they go on. */
  readonly releases: ReleaseBook;
  readonly clock: Clock;
  /** How each operation is taken back, by id: `inversesOf`. */
  readonly inverses: ReadonlyMap<string, Inverse>;
  /** `rollback` takes everything back, `stop` keeps what was done, `continue` does what does not depend on it. */
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly keepFailed: boolean;
  /** Something ran before, so that a failure that is taken back is a rollback and not a failed first deploy. */
  readonly deployedBefore: boolean;
  /** Operations in flight on one host; most of their time is waiting for health. */
  readonly inFlightPerHost: number;
  /** On how many hosts operations may run at once; no limit when absent. */
  readonly hostsAtOnce?: number;
  /** How many hosts may be lost meanwhile and gone on without. */
  readonly mayLose: number;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  /** Told of every event; that an operation starts, before a host is touched by it. */
  readonly journal: RunLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface RunEnd {
  readonly outcome: ApplyResult['outcome'];
  readonly operations: ApplyResult['operations'];
  /** Digests that were found out, by `PinnedImage.source`. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** What failed first, to be shown. */
  readonly error?: unknown;
  /** What could not be taken back or cleaned up. */
  readonly leftovers: readonly string[];
  /** Hosts that were lost meanwhile, and gone on without. */
  readonly lost: readonly HostName[];
}

/** Runs a plan's operations as a graph and takes them back, or makes them final, as its options say. Never rejects. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunEnd> {
  const run = new PlanRun(plan, options);
  const ends = await runGraph(plan.operations, {
    limitPerHost: options.inFlightPerHost,
    hostsAtOnce: options.hostsAtOnce,
    goOnWithout: (operation, error) => run.goOnWithout(operation, error),
    onFailure: options.onFailure === 'continue' ? 'continue' : 'stop',
    signal: options.signal,
    run: operation => run.operation(operation),
  });
  for (const [id, end] of ends) {
    if (end !== 'done' && end !== 'failed')
      run.outcomes.set(id, {id, outcome: end, durationMs: 0, ...run.outcomes.get(id)});
  }
  return run.end();
}

class PlanRun {
  readonly outcomes = new Map<string, ApplyResult['operations'][number]>();
  readonly #options: RunOptions;
  readonly #plan: Plan;
  readonly #images = new Map<string, PinnedImage>();
  readonly #undo: UndoLog;
  readonly #ledger: Traffic;
  readonly #switched: SwitchOperation[] = [];
  readonly #present: ReadonlyMap<string, Present>;
  readonly #tools: InverseTools;
  /** By operation: why what it did before it failed could not be taken back. */
  readonly #stranded = new Map<string, unknown>();
  #error: unknown;
  readonly #lost = new Set<HostName>();
  /** Others being told that nobody answers on a host that was lost. */
  readonly #telling: Promise<void>[] = [];
  #touched = false;

  constructor(plan: Plan, options: RunOptions) {
    const {actions, present, inverses, keepFailed} = options;
    this.#plan = plan;
    this.#options = options;
    this.#undo = new UndoLog(inverses);
    this.#present = new Map(present.map(one => [`${one.host}/${one.id}`, one]));
    this.#ledger = trafficOf(plan.operations, {
      present,
      silent: options.silent,
      routes: options.routes,
      clock: options.clock,
      actions: {
        writeNames: (host, selves, peers) => this.#unlessLost(host, () => actions.writeNames(host, selves, peers)),
        writeRoutes: (host, routes) => this.#unlessLost(host, () => actions.writeRoutes(host, routes)),
        inFlight: (host, upstreams) => actions.inFlight(host, upstreams),
      },
    });
    this.#tools = {actions, ledger: this.#ledger, keepCreated: keepFailed};
  }

  async operation(operation: Operation): Promise<void> {
    const {id} = operation;
    const began = this.#options.now();
    try {
      // Durable before a host is touched: whatever happens then, the journal tells what there may be to take back.
      const started = this.#at({type: 'operation-started', operation: id, title: operationTitle(operation)} as const);
      await this.#options.journal.durably(started);
      this.#options.onEvent(started);
      await withRetry(() => this.#try(operation), {
        signal: this.#options.signal,
        onRetry: (attempt, error) =>
          this.#emit({type: 'operation-retried', operation: id, attempt, message: messageOf(error)}),
      });
      this.#finish(operation, 'done', began);
    } catch (error) {
      this.#finish(operation, this.#options.signal.aborted ? 'cancelled' : 'failed', began, error);
      throw error;
    }
  }

  /** Whether a failure means that its host is gone, and one more may be gone. */
  goOnWithout({host, id}: Operation, error: unknown): boolean {
    if (!this.#loses(host, error)) return false;
    // What it left there cannot be taken back now; the next apply finds it.
    this.#stranded.delete(id);
    if (this.#error === error) this.#error = undefined;
    return true;
  }

  /** Counts a host as lost when that is what an error means, and one more may be. */
  #loses(host: HostName, error: unknown): boolean {
    if (!isHostGone(error)) return false;
    if (this.#lost.has(host)) return true;
    if (this.#lost.size >= this.#options.mayLose) return false;
    this.#lost.add(host);
    this.#telling.push(this.#ledger.forget(host).catch(() => undefined));
    return true;
  }

  async #unlessLost(host: HostName, write: () => Promise<void>): Promise<void> {
    if (this.#lost.has(host)) return;
    await write().catch(error => {
      if (!this.#loses(host, error)) throw error;
    });
  }

  /** Does an operation; when it fails, what it had done until then is taken back at once. */
  async #try(operation: Operation): Promise<void> {
    const {id, kind} = operation;
    this.#touched ||= kind === 'container';
    const context: StepContext = {
      signal: this.#options.signal,
      onProgress: oftenEnough(this.#options.now, (message, done, total) =>
        this.#emit({type: 'operation-progress', operation: id, message, done, total}),
      ),
    };
    const run = {
      actions: this.#options.actions,
      ledger: this.#ledger,
      releases: this.#options.releases,
      clock: this.#options.clock,
      onSwitched: (one: SwitchOperation) => this.#switched.push(one),
      images: this.#images,
      present: (host: string, container: string) => this.#present.get(`${host}/${container}`),
      inverse: this.#undo.inverse(id),
      reached: this.#undo.reached(id),
    };
    try {
      await runOperation(operation, run, context);
      this.#stranded.delete(id);
    } catch (error) {
      await this.#undo.takeBack(id, this.#tools).then(
        () => this.#stranded.delete(id),
        failure => this.#stranded.set(id, failure),
      );
      throw error;
    }
  }

  async end(): Promise<RunEnd> {
    const {onFailure, signal, deployedBefore} = this.#options;
    const failed = this.#error !== undefined && !signal.aborted;
    await Promise.all(this.#telling);
    if (failed && onFailure === 'rollback') {
      const left = await this.#rollBack();
      if (left.length > 0) return this.#ended('rollback-failed', left);
      return this.#ended(deployedBefore && this.#touched ? 'rolled-back' : 'failed');
    }
    const stranded = [...this.#stranded].map(([operation, error]): Failure => ({operation, error}));
    const leftovers = [...stranded, ...(await this.#commit())];
    if (signal.aborted) return this.#ended('cancelled', leftovers);
    if (!failed && this.#lost.size > 0) return this.#ended('partly-applied', leftovers);
    if (failed) return this.#ended(this.#some('done') ? 'partly-applied' : 'failed', leftovers);
    return this.#ended(leftovers.length > 0 ? 'partly-applied' : 'applied', leftovers);
  }

  /** Takes back all that was done, also what an operation that failed could not take back by itself. */
  async #rollBack(): Promise<readonly Failure[]> {
    this.#emit({type: 'rollback-started', reason: messageOf(this.#error)});
    const patience = new Patience();
    return takeBack(this.#plan.operations, {
      limitPerHost: this.#options.inFlightPerHost,
      holds: ({kind}) => kind === 'switch',
      undo: async operation => {
        const {id, host} = operation;
        if (!this.#undo.has(id)) return;
        await patience.with(host, () => this.#undo.takeBack(id, this.#tools));
        const before = this.outcomes.get(id)!;
        if (before.outcome === 'done') this.outcomes.set(id, {...before, outcome: 'undone'});
        this.#emit({type: 'operation-undone', operation: id, title: operationTitle(operation)});
      },
    });
  }

  /** Makes all that was done final, at once; what fails is found and repaired by the next apply. */
  async #commit(): Promise<readonly Failure[]> {
    const done = this.#plan.operations.filter(({id}) => this.outcomes.get(id)?.outcome === 'done');
    const switched = new Set(this.#switched.map(({id}) => id));
    const final = done.filter(({kind, id}) => kind === 'container' || switched.has(id));
    this.#options.journal.note(this.#at({type: 'commit-started'} as const));
    const patience = new Patience();
    const ends = await Promise.allSettled(
      final.map(async operation => {
        let left: readonly unknown[] = [];
        await patience.with(operation.host, async () => {
          left = await removeReplaced(operation, this.#options.actions, this.#ledger);
        });
        return left;
      }),
    );
    return ends.flatMap((end, index) => {
      const errors = end.status === 'rejected' ? [end.reason as unknown] : end.value;
      return errors.map(error => ({operation: final[index]!.id, error}));
    });
  }

  #ended(outcome: RunEnd['outcome'], failures: readonly Failure[] = []): RunEnd {
    return {
      outcome,
      operations: this.#plan.operations.map(
        ({id}) => this.outcomes.get(id) ?? {id, outcome: 'skipped' as const, durationMs: 0},
      ),
      images: this.#images,
      error: this.#error,
      leftovers: failures.map(({operation, error}) => `${this.#title(operation)}: ${messageOf(error)}`),
      lost: [...this.#lost],
    };
  }

  #some(outcome: OperationOutcome): boolean {
    return [...this.outcomes.values()].some(operation => operation.outcome === outcome);
  }

  #title(id: string): string {
    const operation = this.#plan.operations.find(candidate => candidate.id === id);
    return operation ? operationTitle(operation) : id;
  }

  #finish(operation: Operation, outcome: OperationOutcome, began: number, error?: unknown): void {
    const durationMs = this.#options.now() - began;
    const told =
      error === undefined
        ? undefined
        : {code: error instanceof NiyantaError ? error.code : 'bug', message: messageOf(error)};
    if (outcome === 'failed') this.#error ??= error;
    this.outcomes.set(operation.id, {id: operation.id, outcome, durationMs, ...(told && {error: told})});
    const log = error instanceof OutsideError ? error.lastLines : undefined;
    this.#emit({type: 'operation-finished', operation: operation.id, outcome, durationMs, ...told, log});
  }

  #at<T extends {readonly type: string}>(event: T): T & {readonly at: string} {
    return {...event, at: new Date(this.#options.now()).toISOString()};
  }

  #emit(event: DistributiveOmit<ApplyEvent, 'at'>): void {
    const stamped = this.#at(event) as ApplyEvent;
    if (stamped.type !== 'operation-progress') this.#options.journal.note(stamped);
    this.#options.onEvent(stamped);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
