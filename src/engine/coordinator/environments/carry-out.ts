import {type ApplyEnd, applyStack} from '../../apply-stack.ts';
import {changeEnvironment, type LeaseOptions} from '../../change-environment.ts';
import {changeServices} from '../../change-services.ts';
import {destroyStack} from '../../destroy-stack.ts';
import {endRelease} from '../../end-release.ts';
import type {OnEvent} from '../../executor/events.ts';
import {healStack} from '../../heal-stack.ts';
import {commandFailed} from '../../hosts/must-run.ts';
import type {Plan} from '../../planner/plan.ts';
import {releaseStatus} from '../../release-status.ts';
import {rollbackStack} from '../../rollback-stack.ts';
import {unmark} from '../../runtime/fence-commands.ts';
import {scaleServices} from '../../scale-services.ts';
import type {StackSession} from '../../session.ts';
import {NiyantaError, OutsideError, UserError} from '../../spec/errors.ts';
import {summaryText} from '../../state/history.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import type {ChangeOutcome, ChangeRow} from './environment-rows.ts';

export interface CarryingOut {
  readonly onEvent: OnEvent;
  /** What one waits for, in words. */
  readonly onNote: (text: string) => void;
  readonly now: () => Date;
  /** Whether replicas of silent hosts start elsewhere. */
  readonly moveLost: boolean;
  readonly signal: AbortSignal;
}

/** As the flags of commands have it. */
const limitPerHost = 4;
/** Of the state's own place, not of the change. */
const passing = new Set(['state-unreachable', 'lease-lost']);
/** A former leader's lease runs out by then. */
const lockWaitMs = 60_000;
/** As many environments as may be planned at the same instant. */
const mostTries = 5;

/**
 * Does with the engine what a change asks for, and says what became of it. Hosts that are silent are gone on without, as
 * many as they are. What is thrown is to be tried again: the database is away, or the signal was aborted.
 */
export async function carryOut(
  session: StackSession,
  change: ChangeRow,
  carrying: CarryingOut,
): Promise<ChangeOutcome> {
  for (let tries = 1; ; tries++) {
    try {
      return await carriedOut(session, change, carrying);
    } catch (error) {
      carrying.signal.throwIfAborted();
      if (error instanceof OutsideError && passing.has(error.code)) throw error;
      if (tries < mostTries && isOvertaken(error, change)) continue;
      return {result: 'refused', error: toldError(error)};
    } finally {
      carrying.signal.throwIfAborted();
    }
  }
}

/** Another environment was given meanwhile what its plan meant to take, and nobody agreed to just that plan. */
const isOvertaken = (error: unknown, {options}: ChangeRow): boolean =>
  error instanceof UserError && error.code === 'stale-plan' && options.agreed === undefined;

async function carriedOut(session: StackSession, change: ChangeRow, carrying: CarryingOut): Promise<ChangeOutcome> {
  const {kind, options, runs} = change;
  const {onEvent, onNote, now, signal, moveLost} = carrying;
  const shared = {
    maxUnreachable: session.hosts.length,
    moveLost,
    lockWaitMs,
    limitPerHost,
    keepFailed: false,
    onEvent,
    onWait: () => onNote('waits for the lease of the state'),
    onHostBusy: (host: string, doing: readonly string[]) => onNote(`${host} is still busy: ${doing.join(', ')}`),
    onEarlier: () => onNote('goes on from a run that was interrupted'),
    onBuild: () => {},
    confirm: async () => {},
    hostsAtOnce: session.project.parallel,
    now,
    signal,
  };
  const {targets, pull = false, onFailure = 'rollback'} = options;
  switch (kind) {
    case 'apply': {
      // What was agreed to was begun already when a leader goes on with it: hosts and state have moved since.
      const saved = runs.length === 0 ? (options.agreed as Plan | undefined) : undefined;
      return outcomeOf(
        await applyStack(session, {...shared, purpose: 'apply', saved, targets, pull, locked: false, onFailure}),
      );
    }
    case 'scale': {
      const counts = new Map(Object.entries(options.counts ?? {}));
      return outcomeOf(await scaleServices(session, {...shared, onFailure, counts}));
    }
    case 'rollback':
      return outcomeOf(await rollbackStack(session, {...shared, onFailure, to: options.to}));
    case 'heal':
      // Each part of it that can be had is better than none.
      return outcomeOf(await healStack(session, {...shared, onFailure: 'continue', unhealthy: options.unhealthy}));
    case 'destroy': {
      const end = outcomeOf(await destroyStack(session, {...shared, volumes: options.volumes ?? false}));
      if (isDone(end)) await takeMarkAway(session, shared);
      return end;
    }
    case 'promote':
    case 'abort':
      // Of a leader before this one, which got to its end and could not say so.
      if (runs.length > 0 && (await releaseStatus(session, options.service)).releases.length === 0)
        return {result: 'unchanged', summary: 'the release is at its end'};
      return outcomeOf(await endRelease(session, {...shared, what: kind, service: options.service}));
    case 'start':
    case 'stop':
    case 'restart': {
      const {services = []} = options;
      const {result} = await changeServices(session, {...shared, verb: kind, services});
      return {
        result: result.outcome,
        serial: result.serial,
        summary: `${result.operations.length} of ${services.length === 0 ? 'all services' : services.join(', ')}`,
      };
    }
    case 'release':
      await takeMarkAway(session, shared);
      return {result: 'unchanged', summary: 'let go of'};
  }
}

/** From the hosts that answer. */
function takeMarkAway(session: StackSession, options: LeaseOptions): Promise<void> {
  const scope = `${session.project.name}.${session.environment}`;
  return changeEnvironment(session, 'release', options, async ({fleet}) => {
    for (const {host} of fleet.observed.filter(({reachable}) => reachable)) {
      const command = unmark(scope);
      const what = 'take the mark of the coordinator away';
      const output = await fleet.changing(host).run(command, what);
      if (output.code !== 0) throw commandFailed(host, what, command, output);
    }
  });
}

export const isDone = ({result}: Pick<ChangeOutcome, 'result'>): boolean =>
  result === 'applied' || result === 'unchanged';

function outcomeOf({plan, result, error}: ApplyEnd): ChangeOutcome {
  const {outcome, serial, leftovers} = result;
  return {
    result: outcome,
    serial,
    summary: outcome === 'unchanged' ? 'nothing to change' : summaryText(plan.summary),
    ...(error !== undefined && {error: toldError(error)}),
    ...(leftovers && {leftovers}),
  };
}

/** For people; what carries no code of ours is told by its words. */
export function toldError(error: unknown): NonNullable<ChangeOutcome['error']> {
  if (error instanceof NiyantaError)
    return {code: error.code, message: error.message, ...(error.hint !== undefined && {hint: error.hint})};
  return {code: 'failed', message: wordsOf(error)};
}
