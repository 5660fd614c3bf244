import {actionsWithoutImages} from './actions-without-images.ts';
import {beginRun, reporting} from './begin-run.ts';
import {type Change, changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {copyToHosts} from './environment-copies.ts';
import {appliedStack, replicasOf} from './environment-replicas.ts';
import type {ApplyResult, OnEvent} from './executor/events.ts';
import {runGraph} from './executor/graph.ts';
import type {InverseStep} from './executor/inverse.ts';
import type {JournalOperation} from './executor/journal-record.ts';
import type {RunJournal} from './executor/run-journal.ts';
import type {ContainerSpec} from './runtime/container-spec.ts';
import {selectReplicas} from './select-replicas.ts';
import {operationsOf, type ReplicaOperation, type Verb} from './service-operations.ts';
import {type ServiceSteps, serviceSteps} from './service-steps.ts';
import type {Session} from './session.ts';
import {NiyantaError, UserError} from './spec/errors.ts';
import {appendHistory} from './state/history.ts';
import type {EnvironmentState, HistoryEntry, LockFile} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import {routeSecrets, trafficNow} from './traffic-now.ts';
import {updateOwn} from './update-own.ts';

export interface ChangeServicesOptions extends LeaseOptions {
  readonly verb: Verb;
  /** All when empty. */
  readonly services: readonly string[];
  /** Told what would be done; rejects when it is not agreed to. Not asked when there is nothing to do. */
  readonly confirm: (titles: readonly string[]) => Promise<void>;
  readonly onEvent: OnEvent;
  /** Replicas at once on one host. */
  readonly limitPerHost: number;
  readonly now: () => Date;
}

/** How starting, stopping or restarting ended. */
export interface ServicesEnd {
  readonly result: ApplyResult;
  readonly durationMs: number;
}

/**
 * Starts, stops or restarts services of an environment under its lease, and writes down what was stopped on purpose:
 * in the lock file, in history, and on the hosts. Errors: UserError `unknown-service`, `not-applied`, `lock-held`.
 */
export function changeServices(session: Session, options: ChangeServicesOptions): Promise<ServicesEnd> {
  return changeEnvironment(session, options.verb, options, change => underLease(session, options, change));
}

async function underLease(session: Session, options: ChangeServicesOptions, change: Change): Promise<ServicesEnd> {
  const {environment, project} = session;
  const lock = await session.store.read();
  const known = lock.environments[environment];
  const replicas = replicasOf(change.fleet.observed, {project: project.name, environment, known});
  const stack = appliedStack(known);
  if (!known || replicas.length === 0) throw notApplied(environment);
  const services = [...new Set(selectReplicas(replicas, options.services, environment).map(({service}) => service))];
  const operations = operationsOf(options.verb, replicas, services, stack?.services ?? []);
  const began = options.now().getTime();
  // Someone may have started or stopped them by other means: then only the state is written.
  const noted = stoppedAfter(known, options.verb, services).join() === known.stopped.join();
  if (operations.length === 0 && noted) {
    return {result: {outcome: 'unchanged', serial: lock.serial, operations: []}, durationMs: 0};
  }
  if (operations.length > 0) await options.confirm(operations.map(({title}) => title));
  const journal = await beginRun(
    {session, lease: change.lease, now: options.now},
    {
      action: options.verb,
      serial: lock.serial + 1,
      images: {},
      services: options.services.length === 0 ? [] : services,
      volumes: false,
      operations: operations.map(operation => journalOperation(operation, options.verb)),
      present: [],
      secrets: new Map(),
    },
  );
  const onEvent = reporting(change.lease, event => {
    // That one starts is durable already.
    if (event.type !== 'operation-progress' && event.type !== 'operation-started') journal.note(event);
    options.onEvent(event);
  });
  const steps = await stepsOn(session, change, options, lock);
  const done = await run(operations, steps, {...options, onEvent, journal}, change.signal);
  const touched = [...new Set(operations.map(({replica}) => replica.service))].join(', ');
  const after = await commit(session, {services, touched}, done, options);
  await copyToHosts(session, change.fleet, after, {gone: false});
  const result = {outcome: done.outcome, serial: after.serial, operations: done.operations};
  const last = {type: 'result', at: options.now().toISOString(), ...result} as const;
  await journal.end(last);
  options.onEvent(last);
  return {result, durationMs: options.now().getTime() - began};
}

function inverseOfVerb(verb: Verb, host: string, spec: ContainerSpec | undefined): readonly InverseStep[] {
  if (!spec) return [];
  return verb === 'start'
    ? [{do: 'stop-container', host, id: spec.id}]
    : [{do: 'start-container', host, id: spec.id, spec}];
}

/** The same command again does what is left; the opposite one takes it back, with what it noted on the hosts. */
const journalOperation = ({id, title, host, after, replica}: ReplicaOperation, verb: Verb): JournalOperation => ({
  id,
  key: `${id}#${verb}`,
  title,
  host,
  after,
  inverse: inverseOfVerb(verb, host, replica.container?.manifest?.spec),
});

async function stepsOn(
  session: Session,
  {fleet}: Change,
  options: ChangeServicesOptions,
  lock: LockFile,
): Promise<ServiceSteps> {
  const actions = actionsWithoutImages(fleet, {
    secrets: await routeSecrets(session, fleet.observed),
    serial: lock.serial + 1,
    limitPerHost: options.limitPerHost,
    now: options.now,
  });
  const ledger = trafficNow(fleet.observed, session, lock, actions);
  return serviceSteps({actions, ledger, changing: fleet.changing});
}

interface Done extends Pick<ApplyResult, 'operations'> {
  readonly outcome: 'applied' | 'partly-applied' | 'failed' | 'cancelled';
}

async function run(
  operations: readonly ReplicaOperation[],
  steps: ServiceSteps,
  {verb, limitPerHost, onEvent, now, journal}: ChangeServicesOptions & {readonly journal: RunJournal},
  signal: AbortSignal,
): Promise<Done> {
  const outcomes = new Map<string, ApplyResult['operations'][number]>();
  onEvent({type: 'started', at: now().toISOString(), operations: operations.length, run: journal.run});
  const ends = await runGraph(operations, {
    limitPerHost,
    // A replica that does not come back must not take the others with it; one that does not stop is told at the end.
    onFailure: verb === 'stop' ? 'continue' : 'stop',
    signal,
    async run({id, title, replica}) {
      const began = now().getTime();
      const finish = (outcome: 'done' | 'failed' | 'cancelled', error?: unknown) => {
        const durationMs = now().getTime() - began;
        const message = error instanceof Error ? error.message : undefined;
        const code = error instanceof NiyantaError ? error.code : 'bug';
        outcomes.set(id, {id, outcome, durationMs, ...(message === undefined ? {} : {error: {code, message}})});
        onEvent({type: 'operation-finished', at: now().toISOString(), operation: id, outcome, durationMs, message});
      };
      const context = {
        signal,
        onProgress: (message: string) =>
          onEvent({type: 'operation-progress', at: now().toISOString(), operation: id, message}),
      };
      try {
        const started = {type: 'operation-started', at: now().toISOString(), operation: id, title} as const;
        await journal.durably(started);
        onEvent(started);
        await steps[verb](replica, context);
        finish('done');
      } catch (error) {
        finish(signal.aborted ? 'cancelled' : 'failed', error);
        throw error;
      }
    },
  });
  const all = operations.map(({id}) => {
    const end = ends.get(id) ?? 'skipped';
    return outcomes.get(id) ?? {id, outcome: end, durationMs: 0};
  });
  const worked = all.filter(({outcome}) => outcome === 'done').length;
  const outcome = worked === all.length ? 'applied' : worked > 0 ? 'partly-applied' : 'failed';
  return {operations: all, outcome: signal.aborted ? 'cancelled' : outcome};
}

/** Writes which services are stopped on purpose, and the line of history. What was not reached stays as it was. */
function commit(
  session: Session,
  {services, touched}: {readonly services: readonly string[]; readonly touched: string},
  {outcome, operations}: Done,
  {verb, now}: ChangeServicesOptions,
): Promise<LockFile> {
  const verbs = {start: 'started', stop: 'stopped', restart: 'restarted'} as const;
  const worked = operations.filter(end => end.outcome === 'done').length;
  return updateOwn(session.store, lock => {
    const state = lock.environments[session.environment]!;
    const entry: HistoryEntry = {
      serial: lock.serial + 1,
      at: now().toISOString(),
      who: ownerName(),
      action: verb,
      outcome,
      summary: `${worked} ${verbs[verb]}${touched === '' ? '' : ` (${touched})`}`,
    };
    const stopped = outcome === 'applied' ? stoppedAfter(state, verb, services) : state.stopped;
    const next = {...state, stopped, history: appendHistory(state.history, entry)};
    return {...lock, environments: {...lock.environments, [session.environment]: next}};
  });
}

function stoppedAfter({stopped}: EnvironmentState, verb: Verb, services: readonly string[]): readonly string[] {
  const others = stopped.filter(service => !services.includes(service));
  return verb === 'stop' ? [...others, ...services].sort() : others;
}

const notApplied = (environment: string): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment "${environment}" runs nothing`,
    hint: 'Apply a stack first: niyanta apply',
    exit: 1,
  });
