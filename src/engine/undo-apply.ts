import {actionsWithoutImages} from './actions-without-images.ts';
import {type Change, type ChangingFleet, changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {runToGoOn} from './earlier-run.ts';
import type {OnEvent} from './executor/events.ts';
import {runInverse} from './executor/inverse.ts';
import type {UndoOutcome} from './executor/journal-record.ts';
import {Patience} from './executor/patience.ts';
import {RunJournal} from './executor/run-journal.ts';
import type {RunStory} from './executor/run-story.ts';
import {takeBack} from './executor/take-back.ts';
import {isSwitch, type OperationToUndo, operationsToUndo} from './executor/undo-check.ts';
import {placementsNow} from './placements.ts';
import {releasesSeen} from './release-book.ts';
import {byCommand} from './resume-apply.ts';
import {inFlightPerHost} from './run-change.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {appendHistory} from './state/history.ts';
import type {LockFile} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import {routeSecrets, trafficNow} from './traffic-now.ts';
import {updateOwn} from './update-own.ts';

export interface UndoOptions extends LeaseOptions {
  /** Id of the run; the last one when absent. */
  readonly run?: string;
  /** Told what was found and would be done; undefined when the environment has no run. */
  readonly onFound: (story: RunStory | undefined, operations: readonly OperationToUndo[]) => void;
  /** Rejects when it is not agreed to. Not asked when there is nothing to do. */
  readonly confirm: () => Promise<void>;
  readonly onEvent: OnEvent;
  readonly limitPerHost: number;
  readonly now: () => Date;
}

/** How it ended; without an outcome there was nothing to take back. */
export interface UndoEnd {
  readonly found?: RunStory;
  readonly outcome?: UndoOutcome;
  readonly serial: number;
  /** Titles of what was taken back. */
  readonly undone: readonly string[];
  /** What was left or failed, each with why. */
  readonly left: readonly string[];
}

/**
 * Takes back what the last run did, if it did not get to its end: by the inverses of its journal, in reverse, as far as
 * the hosts still run what it left. Errors: UserError `nothing-to-undo`, `unknown-run`, `run-superseded`,
 * `resume-by-command`, `journal-newer`.
 */
export function undoApply(session: Session, options: UndoOptions): Promise<UndoEnd> {
  return changeEnvironment(session, 'apply --undo', options, async change => {
    const story = await runToGoOn(session, options.run);
    if (!story || story.outcome === 'undone') {
      options.onFound(story, []);
      return {found: story, serial: (await session.store.read()).serial, undone: [], left: []};
    }
    if (story.outcome === 'applied' || story.outcome === 'unchanged') throw nothingToUndo(story);
    if (!['apply', 'rollback', 'scale', 'destroy'].includes(story.begin.action)) throw byCommand(story.begin);
    const operations = operationsToUndo(story, change.fleet.observed);
    options.onFound(story, operations);
    if (operations.some(({steps}) => steps.length > 0)) await options.confirm();
    return {found: story, ...(await undo(session, story, operations, options, change))};
  });
}

async function undo(
  session: Session,
  story: RunStory,
  operations: readonly OperationToUndo[],
  options: UndoOptions,
  {fleet, lease}: Change,
): Promise<Omit<UndoEnd, 'found'>> {
  const at = () => options.now().toISOString();
  const journal = new RunJournal(session.store.journal, session.environment, {run: story.begin.run});
  await journal.durably({type: 'undo-started', at: at(), who: ownerName()});
  const lock = await session.store.read();
  const actions = actionsWithoutImages(fleet, {
    secrets: await routeSecrets(session, fleet.observed),
    serial: lock.serial + 1,
    limitPerHost: options.limitPerHost,
    now: options.now,
  });
  const ledger = trafficNow(fleet.observed, session, lock, actions);
  const todo = operations.filter(({steps}) => steps.length > 0).length;
  const undone: string[] = [];
  const patience = new Patience();
  options.onEvent({type: 'rollback-started', at: at(), reason: `run ${story.begin.run} is taken back`});
  const failures = await takeBack(operations, {
    limitPerHost: inFlightPerHost,
    holds: ({steps}) => isSwitch(steps),
    undo: async ({id, host, title, steps}) => {
      if (steps.length === 0) return;
      await patience.with(host, () => runInverse(steps, {actions, ledger, keepCreated: false}));
      undone.push(title);
      lease.report({done: undone.length, total: todo, doing: 'taking back'});
      const event = {type: 'operation-undone', at: at(), operation: id, title} as const;
      journal.note(event);
      options.onEvent(event);
    },
  });
  // It may have been cut off between a container and the names that tell of it.
  const touched = [...new Set(operations.map(({host}) => host))].filter(host =>
    fleet.observed.some(one => one.host === host && one.reachable),
  );
  const names = await Promise.allSettled(touched.map(host => patience.with(host, () => ledger.refresh(host))));
  const left = [...operations.flatMap(({title, left: why}) => (why === undefined ? [] : [`${title}: ${why}`]))];
  const failed = [
    ...failures.map(({operation, error}) => `${titleOf(operations, operation)}: ${messageOf(error)}`),
    ...names.flatMap((end, index) =>
      end.status === 'rejected' ? [`names on ${touched[index]}: ${messageOf(end.reason)}`] : [],
    ),
  ];
  const outcome = failed.length > 0 ? 'undo-failed' : left.length > 0 ? 'partly-undone' : 'undone';
  const {serial} = await commit(session, fleet, {outcome, count: undone.length}, options);
  await journal.end({type: 'undo-ended', at: at(), outcome, left: [...left, ...failed]});
  return {outcome, serial, undone, left: [...left, ...failed]};
}

async function commit(
  {store, environment, project}: Session,
  fleet: ChangingFleet,
  {outcome, count}: {readonly outcome: UndoOutcome; readonly count: number},
  {now}: UndoOptions,
): Promise<LockFile> {
  const observed = await fleet.observe();
  const outcomes = {undone: 'applied', 'partly-undone': 'partly-applied', 'undo-failed': 'rollback-failed'} as const;
  return updateOwn(store, lock => {
    const state = lock.environments[environment];
    if (!state) return lock;
    const history = appendHistory(state.history, {
      serial: lock.serial + 1,
      at: now().toISOString(),
      who: ownerName(),
      action: 'undo',
      outcome: outcomes[outcome],
      summary: `${count} taken back`,
    });
    const placements = placementsNow(observed, project.name, environment, state.placements);
    const releases = releasesSeen(state.releases, observed);
    return {...lock, environments: {...lock.environments, [environment]: {...state, placements, releases, history}}};
  });
}

const titleOf = (operations: readonly OperationToUndo[], id: string): string =>
  operations.find(one => one.id === id)?.title ?? id;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const nothingToUndo = ({begin}: RunStory): UserError =>
  new UserError({
    code: 'nothing-to-undo',
    message: `the last ${begin.action}, of ${begin.who} at ${begin.at}, got to its end, and what it replaced is removed`,
    hint: 'To run again what ran before it: niyanta rollback',
    exit: 1,
  });
