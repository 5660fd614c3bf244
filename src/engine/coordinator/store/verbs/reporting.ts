import {hasEnded, holdsPlace, mayFollow} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import {Moves, type Working} from '../moves.ts';
import type {AttemptReport} from '../store.ts';
import {writeMoves} from '../write-moves.ts';

export async function report(
  session: Session,
  reports: readonly AttemptReport[],
  halfLifeMs: number,
  again: boolean,
): Promise<readonly ('counted' | 'fenced')[]> {
  const moves = await Moves.of(
    session,
    reports.map(({workload}) => workload),
  );
  const answers = reports.map(each => count(moves, each, again));
  await writeMoves(moves, halfLifeMs);
  return answers;
}

function count(moves: Moves, report: AttemptReport, again: boolean): 'counted' | 'fenced' {
  const row = moves.rows.get(report.workload);
  if (!row || row.attempt !== report.attempt || row.lease !== report.lease) return 'fenced';
  if (report.worker !== undefined && report.worker !== row.worker) return 'fenced';
  // An earlier try counted it; its answer was lost.
  if (!holdsPlace(row.state)) return again && endedSo(row, report) ? 'counted' : 'fenced';
  const {workload, attempt, to, restoredFrom} = report;
  const ending = !holdsPlace(to);
  const set = reported(report, ending);
  if (mayFollow(row.state, to)) {
    const actor = {name: `worker:${row.worker}`};
    moves.move(row, to, {reason: report.reason, actor, outcome: report.outcome, set});
  } else if (to === row.state && changes(row, set)) moves.touch(row, set);
  // Whatever else it says of before is late, and the attempt is still its own.
  if (restoredFrom !== undefined) moves.attempts.push({workload, attempt, restoredFrom});
  return 'counted';
}

const reported = ({notBefore, exitCode, result, outputs, progress}: AttemptReport, ending: boolean) => ({
  ...(ending ? {notBefore, exitCode} : {}),
  ...(result === undefined ? {} : {result}),
  ...(outputs === undefined ? {} : {outputs}),
  ...(progress === undefined ? {} : {progress}),
});

const changes = (row: Working, set: object): boolean =>
  Object.entries(set).some(([key, value]) => JSON.stringify(row[key as keyof Working]) !== JSON.stringify(value));

/** Or cancelled or paused at once, since that was wanted of it, instead of being tried again. */
const endedSo = (row: Working, {to}: AttemptReport): boolean =>
  row.state === to || ((to === 'PENDING' || to === 'RETRYING') && (row.state === 'PAUSED' || hasEnded(row.state)));
