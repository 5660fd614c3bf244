import type {ApplyResult} from './events.ts';
import type {BeginRecord, JournalOperation, JournalRecord, UndoOutcome} from './journal-record.ts';

/** in-doubt: begun, and nobody wrote down how it ended. */
export type OperationStory = 'not-begun' | 'in-doubt' | 'done' | 'failed' | 'undone';

/** What a run's journal tells. */
export interface RunStory {
  readonly begin: BeginRecord;
  readonly operations: readonly {readonly operation: JournalOperation; readonly story: OperationStory}[];
  /** It had begun to remove what it replaced. */
  readonly committing: boolean;
  /** Someone began to take it back. */
  readonly undoing: boolean;
  /** Absent when it was interrupted. */
  readonly outcome?: ApplyResult['outcome'] | UndoOutcome;
  /** The later run that went on from it. */
  readonly superseded?: string;
}

/** Reads the story out of the records of one run; undefined when it never began. */
export function storyOf(records: readonly JournalRecord[]): RunStory | undefined {
  const [begin] = records;
  if (begin?.type !== 'begin') return undefined;
  const stories = new Map<string, OperationStory>();
  for (const record of records) {
    if (record.type === 'operation-started') stories.set(record.operation, 'in-doubt');
    else if (record.type === 'operation-undone') stories.set(record.operation, 'undone');
    else if (record.type === 'operation-finished') {
      // Cancelled or failed, it took back what it had done; whether that worked is to be seen on the host.
      const begun = stories.has(record.operation);
      if (record.outcome === 'done') stories.set(record.operation, 'done');
      else if (begun) stories.set(record.operation, 'failed');
    }
  }
  return {
    begin,
    operations: begin.operations.map(operation => ({operation, story: stories.get(operation.id) ?? 'not-begun'})),
    committing: records.some(({type}) => type === 'commit-started'),
    undoing: records.some(({type}) => type === 'undo-started'),
    outcome: records.findLast(record => record.type === 'result' || record.type === 'undo-ended')?.outcome,
    superseded: records.findLast(record => record.type === 'superseded')?.by,
  };
}

/** It was to change all of the environment, so what came before it does not matter any more. */
export const isOfWholeEnvironment = ({begin}: {readonly begin: Pick<BeginRecord, 'services' | 'action'>}): boolean =>
  begin.services.length === 0 && ['apply', 'rollback', 'destroy'].includes(begin.action);

/** It did not get to its end: killed, cut off, or cancelled. */
export const wasInterrupted = ({outcome}: RunStory): boolean => outcome === undefined || outcome === 'cancelled';

const endsWithWorkLeft: ReadonlySet<string> = new Set([
  'partly-applied',
  'rollback-failed',
  'partly-undone',
  'undo-failed',
]);

/** Something of it is left to be done: it was interrupted, or ended in part. */
export const isUnfinished = (story: RunStory): boolean =>
  wasInterrupted(story) || endsWithWorkLeft.has(story.outcome ?? '');

/** How many of its operations were done, and which began without an end that is known. */
export function countOf({operations}: RunStory): {
  readonly done: number;
  readonly total: number;
  readonly inDoubt: readonly string[];
} {
  return {
    done: operations.filter(({story}) => story === 'done').length,
    total: operations.length,
    inDoubt: operations.flatMap(({operation, story}) => (story === 'in-doubt' ? [operation.id] : [])),
  };
}
