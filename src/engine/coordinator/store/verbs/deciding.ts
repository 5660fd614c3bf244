import {randomUUID} from 'node:crypto';
import {holdsPlace, mayFollow} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import {Moves} from '../moves.ts';
import type {AttemptRow, LeaderChange, Leadership, Placement, WorkloadId} from '../store.ts';
import {writeMoves} from '../write-moves.ts';
import {checkLeads} from './leading.ts';

/** The leases are made before the first try, so that a second one knows what the first did. */
export const newLeases = (placements: readonly Placement[]): readonly string[] => placements.map(() => randomUUID());

export async function place(
  session: Session,
  leadership: Leadership,
  placements: readonly Placement[],
  leases: readonly string[],
  halfLifeMs: number,
): Promise<readonly AttemptRow[]> {
  await checkLeads(session, leadership);
  const moves = await Moves.of(
    session,
    placements.map(({workload}) => workload),
  );
  const placed: AttemptRow[] = [];
  placements.forEach((placement, index) => {
    const row = moves.rows.get(placement.workload);
    const lease = leases[index]!;
    const {workload, attempt, worker, reason} = placement;
    const begun: AttemptRow = {workload, attempt, lease, worker, state: 'scheduled', reason, placedAt: moves.now};
    // An earlier try placed it; its answer was lost.
    if (row?.lease === lease) placed.push({...begun, placedAt: row.changedAt});
    if (!row || row.attempt + 1 !== attempt || row.waitsFor.length > 0 || row.wanted) return;
    if (row.state !== 'PENDING' && row.state !== 'RETRYING') return;
    const actor = {name: `coordinator:${leadership.coordinator}`};
    moves.move(row, 'SCHEDULED', {reason, actor, set: {attempt, lease, worker}});
    moves.begin(begun);
    placed.push(begun);
  });
  await writeMoves(moves, halfLifeMs);
  return placed;
}

export async function change(
  session: Session,
  leadership: Leadership,
  changes: readonly LeaderChange[],
  halfLifeMs: number,
): Promise<readonly WorkloadId[]> {
  await checkLeads(session, leadership);
  const moves = await Moves.of(
    session,
    changes.map(({workload}) => workload),
  );
  const done: WorkloadId[] = [];
  for (const {workload, from, attempt, to, reason, notBefore, outcome} of changes) {
    const row = moves.rows.get(workload);
    // An attempt begins by `place` alone.
    if (!row || row.state !== from || row.attempt !== attempt || !mayFollow(from, to) || to === 'SCHEDULED') continue;
    const actor = {name: `coordinator:${leadership.coordinator}`};
    moves.move(row, to, {reason, actor, outcome, set: holdsPlace(to) ? {} : {notBefore}});
    done.push(workload);
  }
  await writeMoves(moves, halfLifeMs);
  return done;
}

export async function explain(
  session: Session,
  leadership: Leadership,
  reasons: readonly {readonly workload: WorkloadId; readonly reason: string}[],
): Promise<void> {
  await checkLeads(session, leadership);
  const sorted = reasons.toSorted((a, b) => (a.workload < b.workload ? -1 : 1));
  await Promise.all(
    sorted.map(({workload, reason}) =>
      session.run(
        `update workloads set reason = $1
         where id = $2 and state in ('PENDING', 'RETRYING') and (reason is null or reason <> $1)`,
        reason,
        workload,
      ),
    ),
  );
}
