import {addCounts} from './counts.ts';
import {resolveDependants} from './dependants.ts';
import {writeEvents} from './events.ts';
import type {AttemptChange, Moves} from './moves.ts';
import {attemptOf, type Raw, textOf} from './row-mapping.ts';
import type {AttemptRow} from './store.ts';
import {attemptsTable, workloadsTable} from './tables.ts';
import {addUsage} from './usage.ts';

/** Writes what was moved and all that follows from it; nothing can be moved afterwards. */
export async function writeMoves(moves: Moves, halfLifeMs: number): Promise<void> {
  await resolveDependants(moves);
  const {session, changed, events, now} = moves;
  if (changed.size + events.length + moves.attempts.length === 0) return;
  await session.insert(attemptsTable, moves.begun.map(newCells));
  const attempts = await changedAttempts(moves);
  await addUsage(moves, attempts, halfLifeMs);
  const first = await writeEvents(session, events, changed.size, now);
  await Promise.all([
    session.update(attemptsTable, ['workload', 'attempt'], attempts.map(changedCells)),
    writeWorkloads(moves, first + events.length),
    addCounts(session, moves.counts),
    session.hint('workloads'),
  ]);
}

/** Each with a number of its own from `first` on. */
async function writeWorkloads({session, rows, changed}: Moves, first: number): Promise<void> {
  await session.update(
    workloadsTable,
    ['id'],
    [...changed].map((id, index) => {
      const row = rows.get(id)!;
      return {
        id,
        changed: first + index,
        state: row.state,
        started_at: row.startedAt,
        ended_at: row.endedAt,
        changed_at: row.changedAt,
        attempt: row.attempt,
        lease: row.lease,
        worker: row.worker,
        not_before: row.notBefore,
        wanted: row.wanted,
        reason: row.reason,
        exit_code: row.exitCode,
        result: row.result === undefined ? undefined : JSON.stringify(row.result),
        outputs: textOf(row.outputs),
        progress: row.progress,
        waits_for: row.waitsFor.length === 0 ? undefined : JSON.stringify(row.waitsFor),
      };
    }),
  );
}

/** As they will be. Nobody else changes them: their workloads are locked. */
async function changedAttempts({session, attempts}: Moves): Promise<readonly AttemptRow[]> {
  if (attempts.length === 0) return [];
  const rows = await session.rows<Raw>(`select * from attempts where ${session.among('workload', '$1')}`, [
    ...new Set(attempts.map(({workload}) => workload)),
  ]);
  const changes = Map.groupBy(attempts, keyOf);
  return rows
    .map(attemptOf)
    .filter(row => changes.has(keyOf(row)))
    .map(row => changes.get(keyOf(row))!.reduce(withChange, row));
}

const keyOf = ({workload, attempt}: AttemptChange): string => `${workload} ${attempt}`;

const withChange = (row: AttemptRow, change: AttemptChange): AttemptRow => ({
  ...row,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
  startedAt: row.startedAt ?? change.startedAt,
});

const newCells = (row: AttemptRow) => ({
  workload: row.workload,
  attempt: row.attempt,
  lease: row.lease,
  worker: row.worker,
  state: row.state,
  reason: row.reason,
  placed_at: row.placedAt,
});

const changedCells = (row: AttemptRow) => ({
  workload: row.workload,
  attempt: row.attempt,
  state: row.state,
  started_at: row.startedAt,
  ended_at: row.endedAt,
  exit_code: row.exitCode,
  outcome: row.outcome,
  restored_from: row.restoredFrom,
});
