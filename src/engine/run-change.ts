import {beginRun, reporting} from './begin-run.ts';
import type {Change} from './change-environment.ts';
import {copyToHosts} from './environment-copies.ts';
import {appliedStack} from './environment-replicas.ts';
import type {ApplyResult, OnEvent} from './executor/events.ts';
import type {Site} from './executor/fan-out.ts';
import {hostActions} from './executor/host-actions.ts';
import {idempotencyKey} from './executor/idempotency-key.ts';
import type {Inverse} from './executor/inverse.ts';
import type {JournalOperation} from './executor/journal-record.ts';
import {runPlan} from './executor/run-plan.ts';
import type {RunStory} from './executor/run-story.ts';
import {operationTitle} from './executor/titles.ts';
import {inversesOf} from './executor/undo-log.ts';
import type {Plan} from './planner/plan.ts';
import {underlayOf} from './planner/underlay.ts';
import {portable} from './portable-stack.ts';
import {registryAccess} from './registry-credentials.ts';
import {releaseBook} from './release-book.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import type {HostName} from './spec/stack.ts';
import {type ChangeIntent, stateAfter, stateBefore, stateNotWritten} from './state-of-change.ts';
import {presentNow, routesNow, silentNow, wallClock} from './traffic-now.ts';
import {volumeActions} from './volume-actions.ts';

export interface RunChangeOptions {
  readonly action: 'apply' | 'rollback' | 'scale' | 'destroy' | 'promote' | 'abort';
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly keepFailed: boolean;
  readonly limitPerHost: number;
  /** How many hosts are worked on at once; all when absent. */
  readonly hostsAtOnce?: number;
  /** How many hosts may be gone before and during the change. */
  readonly maxUnreachable: number;
  readonly onEvent: OnEvent;
  readonly now: () => Date;
  /** A run that was interrupted, and that this one goes on from. */
  readonly interrupted?: RunStory;
}

export interface ChangeEnd {
  readonly result: ApplyResult;
  /** What failed first. */
  readonly error?: unknown;
  readonly leftovers: readonly string[];
  readonly durationMs: number;
}

/** Most of an operation's time is waiting for health; what loads a host is bounded by `limitPerHost`. */
export const inFlightPerHost = 64;

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
  const at = new Date(began).toISOString();
  // What is listed is told by the releases as they were, not by those that begin now.
  const known = (await session.store.read()).environments[session.environment];
  const asked = {project: session.project.name, environment: session.environment, known};
  const before = await stateBefore(session, intent.plan, at);
  const serial = before.serial + 1;
  const present = presentNow(fleet.observed, asked);
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
  const started = {type: 'started', at, operations: intent.plan.operations.length, run: journal.run} as const;
  journal.note(started);
  onEvent(started);
  const end = await runPlan(intent.plan, {
    ...options,
    signal,
    onEvent,
    journal,
    inFlightPerHost,
    mayLose: options.maxUnreachable - fleet.observed.filter(host => !host.reachable).length,
    now: () => options.now().getTime(),
    // What the history says does not count: hosts may have been made anew, or the lock file lost.
    deployedBefore: present.some(({running}) => running),
    present,
    silent: silentNow(fleet.observed, asked, present),
    routes: routesNow(fleet.observed, asked, [
      ...(appliedStack(known)?.services ?? []),
      ...(intent.stack?.services ?? []),
    ]),
    releases: releaseBook(session),
    clock: wallClock,
    inverses,
    actions: hostActions({
      volumes: volumeActions(session, change, intent.plan.stack, options.now),
      connection: fleet.connection,
      changing: fleet.changing,
      observed: fleet.observed,
      secrets: intent.secrets,
      localImages: intent.images?.local ?? new Map(),
      sites: sitesOf(session, fleet.observed),
      registryAccess: reference => registryAccess(session, reference),
      serial,
      limitPerHost: options.limitPerHost,
      now: options.now,
    }),
  });
  const after = await stateAfter(session, fleet, intent, {...end, at, action: options.action}).catch(error => {
    throw stateNotWritten(error, end.outcome);
  });
  await copyToHosts(session, fleet, after, {gone: intent.stack === undefined && end.outcome === 'applied'});
  const {outcome, operations, leftovers, lost} = end;
  const result: ApplyResult = {
    outcome,
    serial: after.serial,
    operations,
    ...(leftovers.length > 0 && {leftovers}),
    ...(lost.length > 0 && {lost}),
  };
  const last = {type: 'result', at: options.now().toISOString(), ...result} as const;
  await journal.end(last);
  onEvent(last);
  return {result, error: end.error, leftovers: end.leftovers, durationMs: options.now().getTime() - began};
}

/** Where hosts of the project reach each other. */
const sitesOf = ({project, hosts}: Session, observed: readonly ObservedHost[]): ReadonlyMap<HostName, Site> =>
  new Map(
    observed.flatMap(host => {
      if (!host.reachable) return [];
      const address = underlayOf({project: {...project, hosts}}, host)?.address;
      const region = hosts.find(({name}) => name === host.host)?.region;
      return [[host.host, {host: host.host, region, address}] as const];
    }),
  );

const journalOperations = ({operations}: Plan, inverses: ReadonlyMap<string, Inverse>): readonly JournalOperation[] =>
  operations.map(operation => ({
    id: operation.id,
    key: idempotencyKey(operation),
    title: operationTitle(operation),
    host: operation.host,
    after: operation.after,
    inverse: inverses.get(operation.id)!,
  }));
