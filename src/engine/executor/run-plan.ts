import type {Operation, Plan, SwitchOperation} from '../planner/plan.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {StepContext} from './actions.ts';
import {removeReplaced} from './container-steps.ts';
import type {ApplyEvent, ApplyResult, OperationOutcome} from './events.ts';
import {runGraph} from './graph.ts';
import {runFailureHooks} from './hook-steps.ts';
import type {InverseTools, Present} from './inverse.ts';
import {oftenEnough} from './often-enough.ts';
import {Patience} from './patience.ts';
import {isHostGone, withRetry} from './retry.ts';
import {runOperation} from './run-operation.ts';
import type {RunEnd, RunOptions} from './run-options.ts';
import {type Failure, takeBack} from './take-back.ts';
import {operationTitle} from './titles.ts';
import type {Traffic} from './traffic.ts';
import {trafficOf} from './traffic-before.ts';
import {UndoLog} from './undo-log.ts';

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
  /** By operation: what a job printed. */
  readonly #printed = new Map<string, readonly string[]>();
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
      const title = operationTitle(operation);
      const started = this.#at({type: 'operation-started', operation: id, title} as const, began);
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
    // One that failed because another host is gone says nothing about its own.
    if (error instanceof OutsideError && error.host !== undefined && error.host !== host) return false;
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
      onPrinted: (lines: readonly string[]) => void this.#printed.set(id, lines),
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
    const unhandled = failed ? await this.#runFailureHooks() : [];
    if (failed && onFailure === 'rollback') {
      const left = await this.#rollBack();
      if (left.length > 0) return this.#ended('rollback-failed', [...unhandled, ...left]);
      return this.#ended(deployedBefore && this.#touched ? 'rolled-back' : 'failed', unhandled);
    }
    const stranded = [...this.#stranded].map(([operation, error]): Failure => ({operation, error}));
    const leftovers = [...unhandled, ...stranded, ...(await this.#commit())];
    if (signal.aborted) return this.#ended('cancelled', leftovers);
    if (!failed && this.#lost.size > 0) return this.#ended('partly-applied', leftovers);
    if (failed) return this.#ended(this.#some('done') ? 'partly-applied' : 'failed', leftovers);
    return this.#ended(leftovers.length > 0 ? 'partly-applied' : 'applied', leftovers);
  }

  /** Before anything is taken back: they may have to undo what hooks before the change did. */
  async #runFailureHooks(): Promise<readonly Failure[]> {
    const error = this.#error;
    const failures = await runFailureHooks(this.#plan.onFailure ?? [], this.#options.actions, hook =>
      this.operation(hook),
    );
    for (const {id} of this.#plan.onFailure ?? []) this.outcomes.delete(id);
    this.#error = error;
    return failures;
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
    const final = done.filter(({kind, id}) => kind === 'container' || kind === 'hook' || switched.has(id));
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
    const all = [...this.#plan.operations, ...(this.#plan.onFailure ?? [])];
    const operation = all.find(candidate => candidate.id === id);
    return operation ? operationTitle(operation) : id;
  }

  #finish(operation: Operation, outcome: OperationOutcome, began: number, error?: unknown): void {
    // One look at the clock: the event's time less the start's is the duration that it tells.
    const ended = this.#options.now();
    const durationMs = ended - began;
    const told =
      error === undefined
        ? undefined
        : {code: error instanceof NiyantaError ? error.code : 'bug', message: messageOf(error)};
    if (outcome === 'failed') this.#error ??= error;
    this.outcomes.set(operation.id, {id: operation.id, outcome, durationMs, ...(told && {error: told})});
    const log = error instanceof OutsideError ? error.lastLines : this.#printed.get(operation.id);
    this.#emit({type: 'operation-finished', operation: operation.id, outcome, durationMs, ...told, log}, ended);
  }

  #at<T extends {readonly type: string}>(event: T, ms = this.#options.now()): T & {readonly at: string} {
    return {...event, at: new Date(ms).toISOString()};
  }

  #emit(event: DistributiveOmit<ApplyEvent, 'at'>, ms?: number): void {
    const stamped = this.#at(event, ms) as ApplyEvent;
    if (stamped.type !== 'operation-progress') this.#options.journal.note(stamped);
    this.#options.onEvent(stamped);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
