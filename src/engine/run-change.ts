import {beginRun, reporting} from './begin-run.ts';
import type {Change, ChangingFleet} from './change-environment.ts';
import {copyToHosts} from './environment-copies.ts';
import type {ApplyResult, OnEvent} from './executor/events.ts';
import {hostActions} from './executor/host-actions.ts';
import {idempotencyKey} from './executor/idempotency-key.ts';
import type {Inverse, Present} from './executor/inverse.ts';
import type {JournalOperation} from './executor/journal-record.ts';
import {type RunEnd, runPlan} from './executor/run-plan.ts';
import type {RunStory} from './executor/run-story.ts';
import {operationTitle} from './executor/titles.ts';
import {inversesOf} from './executor/undo-log.ts';
import {placementsNow} from './placements.ts';
import {silentPeers} from './planner/named-peers.ts';
import {answersToName} from './planner/ownership.ts';
import type {Plan} from './planner/plan.ts';
import {portable} from './portable-stack.ts';
import {registryAccess} from './registry-credentials.ts';
import type {ResolvedImages} from './resolve-images.ts';
import type {Session} from './session.ts';
import {NiyantaError, OutsideError, UserError} from './spec/errors.ts';
import {Exit, exitOfOutcome} from './spec/exit-codes.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {appendHistory, summaryText} from './state/history.ts';
import type {EnvironmentState, HistoryEntry, LockFile} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import {updateOwn} from './update-own.ts';

export interface RunChangeOptions {
  readonly action: 'apply' | 'rollback' | 'destroy';
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly keepFailed: boolean;
  readonly limitPerHost: number;
  readonly onEvent: OnEvent;
  readonly now: () => Date;
  /** A run that was interrupted, and that this one goes on from. */
  readonly interrupted?: RunStory;
}

/** What is run, and what the state shall say of it when it ran to its end. */
export interface ChangeIntent {
  readonly plan: Plan;
  readonly images?: ResolvedImages;
  readonly secrets: ReadonlyMap<string, string>;
  /** Absent when everything is removed. */
  readonly stack?: Stack;
  /** Services it is limited to; all when empty. */
  readonly targets: readonly string[];
  /** Volumes are removed, too. */
  readonly volumes: boolean;
}

export interface ChangeEnd {
  readonly result: ApplyResult;
  /** What failed first. */
  readonly error?: unknown;
  readonly leftovers: readonly string[];
  readonly durationMs: number;
}

/** Most of an operation's time is waiting for health; what loads a host is bounded by `limitPerHost`. */
const inFlightPerHost = 32;

/**
 * Runs a plan on the hosts and writes the state: before, so that subnets given out are known whatever happens, and
 * after, as the hosts were seen to be. The journal has all that is going to be done before the first host is touched.
 */
export async function runChange(
  session: Session,
  change: Change,
  intent: ChangeIntent,
  options: RunChangeOptions,
): Promise<ChangeEnd> {
  const {fleet, lease, signal} = change;
  const began = options.now().getTime();
  const before = await updateOwn(session.store, lock => {
    refuseTakenSubnets(lock, session.environment, intent.plan);
    const state = lock.environments[session.environment];
    return withEnvironment(lock, session.environment, {
      ...(state ?? emptyState(intent.plan.stack)),
      stack: intent.plan.stack,
      subnets: {...state?.subnets, ...intent.plan.subnets},
    });
  });
  const serial = before.serial + 1;
  const present = presentContainers(fleet, intent.plan);
  const inverses = inversesOf(intent.plan.operations, (host, id) =>
    present.find(one => one.host === host && one.id === id),
  );
  const journal = await beginRun(
    {session, lease, now: options.now, interrupted: options.interrupted},
    {
      action: options.action,
      serial,
      stack: intent.stack && portable(intent.stack, session.project.directory),
      images: intent.images?.pins ?? {},
      services: intent.targets,
      volumes: intent.volumes,
      operations: journalOperations(intent.plan, inverses),
      present,
      secrets: intent.secrets,
    },
  );
  const onEvent = reporting(lease, options.onEvent);
  const at = new Date(began).toISOString();
  const started = {type: 'started', at, operations: intent.plan.operations.length, run: journal.run} as const;
  journal.note(started);
  onEvent(started);
  const end = await runPlan(intent.plan, {
    ...options,
    signal,
    onEvent,
    journal,
    inFlightPerHost,
    now: () => options.now().getTime(),
    // What the history says does not count: hosts may have been made anew, or the lock file lost.
    deployedBefore: present.some(({running}) => running),
    present,
    silent: silentPeers(
      fleet.observed,
      before.environments[session.environment],
      present.flatMap(({listed, spec}) => (listed && spec ? [spec] : [])),
    ),
    inverses,
    actions: hostActions({
      connection: fleet.connection,
      changing: fleet.changing,
      observed: fleet.observed,
      secrets: intent.secrets,
      localImages: intent.images?.local ?? new Map(),
      registryAccess: reference => registryAccess(session, reference),
      serial,
      limitPerHost: options.limitPerHost,
      now: options.now,
    }),
  });
  const after = await commit(session, fleet, intent, end, at, options).catch(error => {
    throw stateNotWritten(error, end.outcome);
  });
  await copyToHosts(session, fleet, after, {gone: intent.stack === undefined && end.outcome === 'applied'});
  const {outcome, operations, leftovers} = end;
  const result: ApplyResult = {outcome, serial: after.serial, operations, ...(leftovers.length > 0 && {leftovers})};
  const last = {type: 'result', at: options.now().toISOString(), ...result} as const;
  await journal.end(last);
  onEvent(last);
  return {result, error: end.error, leftovers: end.leftovers, durationMs: options.now().getTime() - began};
}

const journalOperations = ({operations}: Plan, inverses: ReadonlyMap<string, Inverse>): readonly JournalOperation[] =>
  operations.map(operation => ({
    id: operation.id,
    key: idempotencyKey(operation),
    title: operationTitle(operation),
    host: operation.host,
    after: operation.after,
    inverse: inverses.get(operation.id)!,
  }));

/** Two environments that were planned at the same moment may have chosen the same addresses. */
function refuseTakenSubnets(lock: LockFile, environment: EnvironmentName, {subnets}: Plan): void {
  for (const [name, other] of Object.entries(lock.environments)) {
    if (name === environment) continue;
    const taken = new Set(Object.values(other.subnets));
    const clash = Object.entries(subnets).find(([, subnet]) => taken.has(subnet));
    if (!clash) continue;
    throw new UserError({
      code: 'stale-plan',
      message: `environment "${name}" was given ${clash[1]}, which this plan meant for ${clash[0]}, at the same time`,
      hint: 'Run the same command again: it will choose other addresses.',
      exit: Exit.stalePlan,
    });
  }
}

/** What was done is done, also when it cannot be written down: then that is told, and the next apply finds it. */
function stateNotWritten(error: unknown, outcome: RunEnd['outcome']): unknown {
  if (!(error instanceof NiyantaError) || ['lease-lost', 'fenced'].includes(error.code)) return error;
  const worked = exitOfOutcome[outcome] === Exit.ok;
  return new OutsideError({
    code: 'state-not-written',
    message: `the change itself ended: ${outcome}; but the state could not be written: ${error.message}`,
    hint: `${error.hint ?? 'See what keeps it from being written.'} Then apply again: it goes by what the hosts run.`,
    exit: worked ? Exit.partlyApplied : exitOfOutcome[outcome],
    cause: error,
  });
}

/** Writes what the hosts run now, the images that are pinned, and the line of history. */
async function commit(
  session: Session,
  fleet: ChangingFleet,
  intent: ChangeIntent,
  end: RunEnd,
  at: string,
  options: RunChangeOptions,
): Promise<LockFile> {
  const observed = await fleet.observe();
  const applied = end.outcome === 'applied';
  return updateOwn(session.store, lock => {
    // Someone may have deleted the lock file meanwhile.
    const state = lock.environments[session.environment] ?? emptyState(intent.plan.stack);
    const entry: HistoryEntry = {
      serial: lock.serial + 1,
      at,
      who: ownerName(),
      action: options.action,
      outcome: end.outcome === 'unchanged' ? 'applied' : end.outcome,
      summary: summaryText(countDone(intent.plan, end)),
      ...(applied && intent.stack
        ? {stack: portable(intent.stack, session.project.directory), images: intent.images?.pins ?? {}}
        : {}),
    };
    return withEnvironment(lock, session.environment, {
      ...state,
      subnets: {...state.subnets, ...intent.plan.subnets},
      images: applied ? {...state.images, ...intent.images?.pins} : state.images,
      placements: placementsNow(observed, session.project.name, session.environment, state.placements),
      stopped: applied && intent.stack === undefined ? [] : state.stopped,
      history: appendHistory(state.history, entry),
    });
  });
}

function countDone(plan: Plan, end: RunEnd): Plan['summary'] {
  const counts = {create: 0, update: 0, replace: 0, delete: 0};
  const done = new Set(end.operations.filter(({outcome}) => outcome === 'done').map(({id}) => id));
  for (const {id, action} of plan.operations) if (done.has(id)) counts[action] += 1;
  return counts;
}

/** The containers of the plan's environment, as they were seen before it runs. */
function presentContainers(fleet: ChangingFleet, {project, environment}: Plan): readonly Present[] {
  return fleet.observed.flatMap(host =>
    host.reachable
      ? host.containers.flatMap((container): Present[] => {
          const {id, manifest, task} = container;
          if (manifest?.spec.project !== project || manifest.spec.environment !== environment) return [];
          const [running, exists, listed] = [task === 'running', task !== 'gone', answersToName(container)];
          return [{host: host.host, id, running, exists, listed, spec: manifest.spec}];
        })
      : [],
  );
}

const withEnvironment = (lock: LockFile, name: string, state: EnvironmentState): LockFile => ({
  ...lock,
  environments: {...lock.environments, [name]: state},
});

const emptyState = (stack: string): EnvironmentState => ({
  stack,
  fence: 0,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [],
});
