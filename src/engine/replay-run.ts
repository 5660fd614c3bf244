import {setTimeout as sleep} from 'node:timers/promises';
import {type BeginRecord, type JournalRecord, readRecords, type UndoOutcome} from './executor/journal-record.ts';
import {countOf, type RunStory, storyOf} from './executor/run-story.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';

/** How a run stands: how it ended, or was taken back later; that it goes on, or that it was cut off. */
export type RunState = NonNullable<RunStory['outcome']> | UndoOutcome | 'under-way' | 'interrupted';

/** A run in a few words. */
export interface RunRow {
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  readonly who: string;
  readonly action: BeginRecord['action'];
  readonly state: RunState;
  readonly done: number;
  readonly total: number;
  /** Milliseconds to its end, as far as it is known; without what others did about it later. */
  readonly durationMs: number;
}

/** The runs of an environment whose journal is kept, newest first; those that never began a thing are left out. */
export async function listRuns(session: Session): Promise<readonly RunRow[]> {
  const rows: RunRow[] = [];
  const fence = await fenceNow(session);
  for (const run of await session.store.journal.runs(session.environment)) {
    const records = await recordsOf(session, run);
    const row = rowOf(records, fence);
    if (row) rows.push(row);
  }
  return rows;
}

export interface ReplayOptions {
  /** Its id, or the beginning or end of it; the newest when absent, or `last`. */
  readonly run?: string;
  /** Go on with what happens from now on, until the run ends. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Told every record in its order, waited for. */
  readonly onRecord: (record: JournalRecord) => Promise<void>;
}

/** How often a run that is under way is looked at: often enough for people, seldom enough for a store far away. */
const LOOK_MS = 500;

/**
 * Tells what a run did, as its journal has it, and how it stands. A run under way may be followed from any machine that
 * shares the state. Errors: UserError `unknown-run` (exit 1), `ambiguous-run`, and what `readRecords` says.
 */
export async function replayRun(session: Session, options: ReplayOptions): Promise<RunRow> {
  const run = await chosenRun(session, options.run);
  let told = 0;
  for (;;) {
    // Asked before the journal is read: a run that ends in between has its result in there.
    const fence = await fenceNow(session);
    const records = await recordsOf(session, run);
    for (const record of records.slice(told)) await options.onRecord(record);
    told = records.length;
    const row = rowOf(records, fence);
    if (!row) throw unknownRun(session.environment, run);
    if (row.state !== 'under-way' || !options.follow || options.signal.aborted) return row;
    await sleep(LOOK_MS, undefined, {signal: options.signal}).catch(() => undefined);
  }
}

async function recordsOf({store, environment}: Session, run: string): Promise<readonly JournalRecord[]> {
  return readRecords(run, await store.journal.read(environment, run));
}

/** Of who may change the environment now; a run with another number has ended, told or not. */
async function fenceNow({store, environment}: Session): Promise<number | undefined> {
  return (await store.holder(environment))?.fence;
}

function rowOf(records: readonly JournalRecord[], fence: number | undefined): RunRow | undefined {
  const story = storyOf(records);
  if (!story) return undefined;
  const {run, at, who, action} = story.begin;
  const {done, total} = countOf(story);
  const later = records.findIndex(({type}) => type === 'undo-started' || type === 'superseded');
  const durationMs = Date.parse(records.at(later === -1 ? -1 : later - 1)!.at) - Date.parse(at);
  return {run, at, who, action, state: stateOf(story, records, fence), done, total, durationMs};
}

function stateOf({outcome, begin}: RunStory, records: readonly JournalRecord[], fence: number | undefined): RunState {
  const undone = records.findLast(({type}) => type === 'undo-ended');
  if (undone?.type === 'undo-ended') return undone.outcome;
  return outcome ?? (begin.fence === fence ? 'under-way' : 'interrupted');
}

async function chosenRun({store, environment}: Session, wanted: string | undefined): Promise<string> {
  const runs = await store.journal.runs(environment);
  if (wanted === undefined || wanted === 'last') {
    if (runs[0] !== undefined) return runs[0];
    throw unknownRun(environment);
  }
  const found = runs.filter(run => run.startsWith(wanted) || run.endsWith(wanted));
  if (found.length > 1 && !found.includes(wanted)) {
    throw new UserError({
      code: 'ambiguous-run',
      message: `${JSON.stringify(wanted)} may be any of ${found.join(', ')}`,
      hint: 'Give more of its id.',
    });
  }
  if (found.length === 0) throw unknownRun(environment, wanted);
  return found.includes(wanted) ? wanted : found[0]!;
}

function unknownRun(environment: string, run?: string): UserError {
  return new UserError({
    code: 'unknown-run',
    message:
      run === undefined
        ? `environment "${environment}" has no runs yet`
        : `the journal of environment "${environment}" has no run ${JSON.stringify(run)}`,
    hint: run === undefined ? 'A run is written down by: niyanta apply' : 'See which there are: niyanta events --list',
    exit: 1,
  });
}
