import type {Operation, Plan} from '../planner/plan.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {Actions, StepContext} from './actions.ts';
import {type Present, peer, runContainerOperation} from './container-steps.ts';
import type {ApplyResult, OnEvent, OperationOutcome} from './events.ts';
import {runGraph} from './graph.ts';
import {NameLedger} from './name-ledger.ts';
import {withRetry} from './retry.ts';
import {operationTitle} from './titles.ts';
import {UndoLog} from './undo-log.ts';

export interface RunOptions {
  readonly actions: Actions;
  /** Containers of this environment before the plan runs. */
  readonly present: readonly Present[];
  /** `rollback` takes everything back, `stop` keeps what was done, `continue` does what does not depend on it. */
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly keepFailed: boolean;
  /** Something ran before, so that a failure that is taken back is a rollback and not a failed first deploy. */
  readonly deployedBefore: boolean;
  /** Operations in flight on one host; most of their time is waiting for health. */
  readonly inFlightPerHost: number;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
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
}

/** Runs a plan's operations as a graph and takes them back, or makes them final, as its options say. Never rejects. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunEnd> {
  const run = new PlanRun(plan, options);
  const ends = await runGraph(plan.operations, {
    limitPerHost: options.inFlightPerHost,
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
  readonly #undo = new UndoLog();
  readonly #ledger: NameLedger;
  readonly #present: ReadonlyMap<string, Present>;
  /** By operation: why what it did before it failed could not be taken back. */
  readonly #notTakenBack = new Map<string, unknown>();
  #error: unknown;
  #touched = false;

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#present = new Map(options.present.map(present => [`${present.host}/${present.id}`, present]));
    this.#ledger = new NameLedger(
      options.actions.writeNames.bind(options.actions),
      options.present.flatMap(({host, listed, spec}) => (listed && spec ? [{host, peer: peer(spec)}] : [])),
    );
  }

  async operation(operation: Operation): Promise<void> {
    const began = this.#options.now();
    this.#emit({type: 'operation-started', operation: operation.id, title: operationTitle(operation)});
    try {
      await withRetry(() => this.#do(operation), {
        signal: this.#options.signal,
        onRetry: (attempt, error) =>
          this.#emit({type: 'operation-retried', operation: operation.id, attempt, message: messageOf(error)}),
      });
      this.#finish(operation, 'done', began);
    } catch (error) {
      this.#finish(operation, this.#options.signal.aborted ? 'cancelled' : 'failed', began, error);
      throw error;
    }
  }

  async #do(operation: Operation): Promise<void> {
    const {actions} = this.#options;
    const context: StepContext = {
      signal: this.#options.signal,
      onProgress: (message, done, total) =>
        this.#emit({type: 'operation-progress', operation: operation.id, message, done, total}),
    };
    switch (operation.kind) {
      case 'host':
        return actions.installToolkit(operation.host);
      case 'image':
        this.#images.set(operation.label, await actions.bringImage(operation, context));
        return;
      case 'volume':
        return operation.action === 'delete' ? actions.deleteVolume(operation) : actions.createVolume(operation);
      case 'names':
        return this.#ledger.refresh(operation.host);
      case 'container': {
        this.#touched = true;
        const undoable = await runContainerOperation(
          operation,
          {
            actions,
            ledger: this.#ledger,
            images: this.#images,
            keepFailed: this.#options.keepFailed,
            onTakeBackFailed: (id, error) => this.#notTakenBack.set(id, error),
            present: (host, id) => this.#present.get(`${host}/${id}`),
          },
          context,
        );
        this.#notTakenBack.delete(operation.id);
        this.#undo.add(undoable);
      }
    }
  }

  async end(): Promise<RunEnd> {
    const {onFailure, signal, deployedBefore} = this.#options;
    const failed = this.#error !== undefined && !signal.aborted;
    if (failed && onFailure === 'rollback') {
      this.#emit({type: 'rollback-started', reason: messageOf(this.#error)});
      const failures = await this.#undo.undo(id => {
        this.outcomes.set(id, {...this.outcomes.get(id)!, outcome: 'undone'});
        this.#emit({type: 'operation-undone', operation: id, title: this.#title(id)});
      });
      const left = [...this.#stranded(), ...failures];
      if (left.length > 0) return this.#ended('rollback-failed', left);
      return this.#ended(deployedBefore && this.#touched ? 'rolled-back' : 'failed');
    }
    const leftovers = [...this.#stranded(), ...(await this.#undo.commit())];
    if (signal.aborted) return this.#ended('cancelled', leftovers);
    if (failed) return this.#ended(this.#some('done') ? 'partly-applied' : 'failed', leftovers);
    return this.#ended(leftovers.length > 0 ? 'partly-applied' : 'applied', leftovers);
  }

  #ended(outcome: RunEnd['outcome'], failures: readonly {operation: string; error: unknown}[] = []): RunEnd {
    return {
      outcome,
      operations: this.#plan.operations.map(
        ({id}) => this.outcomes.get(id) ?? {id, outcome: 'skipped' as const, durationMs: 0},
      ),
      images: this.#images,
      error: this.#error,
      leftovers: failures.map(({operation, error}) => `${this.#title(operation)}: ${messageOf(error)}`),
    };
  }

  #stranded(): {operation: string; error: unknown}[] {
    return [...this.#notTakenBack].map(([operation, error]) => ({operation, error}));
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

  #emit(event: DistributiveOmit<Parameters<OnEvent>[0], 'at'>): void {
    this.#options.onEvent({...event, at: new Date(this.#options.now()).toISOString()} as Parameters<OnEvent>[0]);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
