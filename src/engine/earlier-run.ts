import {readRecords} from './executor/journal-record.ts';
import {isOfWholeEnvironment, type RunStory, storyOf, wasInterrupted} from './executor/run-story.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {isRunId} from './state/run-id.ts';

/** What became of the run before this one, when that is worth telling. */
export type EarlierRun = {readonly interrupted: RunStory} | {readonly unreadable: UserError};

/**
 * The run that decides what an environment is in the middle of: the newest that was to change all of it, or a later one
 * of some services that was interrupted. Undefined when the journal has none.
 * Errors: UserError `journal-newer`, `journal-invalid`.
 */
export async function lastRun({store, environment}: Session): Promise<RunStory | undefined> {
  for (const run of await store.journal.runs(environment)) {
    const story = storyOf(readRecords(run, await store.journal.read(environment, run)));
    if (story && (isOfWholeEnvironment(story) || wasInterrupted(story))) return story;
  }
  return undefined;
}

/** As `lastRun`; with an id, only if it is that one. Errors: UserError `unknown-run`, `run-superseded`. */
export async function runToGoOn(session: Session, run: string | undefined): Promise<RunStory | undefined> {
  const last = await lastRun(session);
  if (run === undefined || last?.begin.run === run) return last;
  const {store, environment} = session;
  if (!isRunId(run) || !(await store.journal.runs(environment)).includes(run)) {
    throw new UserError({
      code: 'unknown-run',
      message: `the journal of environment "${environment}" has no run ${run}`,
      hint: last ? `The last one is ${last.begin.run}.` : 'It has none at all.',
    });
  }
  throw new UserError({
    code: 'run-superseded',
    message: `run ${run} is not the last one: ${last?.begin.run} changed the environment after it`,
    hint: 'To go back to what an earlier apply ran: niyanta history, then niyanta rollback --to SERIAL',
    exit: 1,
  });
}

/** What a new run is told to go on from. A journal that cannot be read does not hold it up: the hosts decide. */
export async function earlierRun(session: Session): Promise<EarlierRun | undefined> {
  try {
    const story = await lastRun(session);
    return story && wasInterrupted(story) ? {interrupted: story} : undefined;
  } catch (error) {
    if (error instanceof UserError && error.code.startsWith('journal-')) return {unreadable: error};
    throw error;
  }
}
