import {hasEnded} from '../workload-states.ts';
import {neverStarts, resolveAfter} from './decisions/after.ts';
import {lockWorkloads} from './lock-workloads.ts';
import type {Moves} from './moves.ts';
import type {WorkloadId} from './store.ts';

/** Tells those that wait for what ended: their wait is over, or they can never start and are cancelled, and so on. */
export async function resolveDependants(moves: Moves): Promise<void> {
  const {session, ended} = moves;
  while (ended.size > 0) {
    const ids = [...ended];
    ended.clear();
    const edges = await session.rows<{predecessor: string; dependant: string}>(
      `select predecessor, dependant from edges where ${session.among('predecessor', '$1')} order by dependant, predecessor`,
      ids,
    );
    if (edges.length === 0) continue;
    const unknown = edges.map(({dependant}) => dependant).filter(id => !moves.rows.has(id));
    moves.add(await lockWorkloads(session, unknown));
    for (const {predecessor, dependant} of edges) tell(moves, predecessor, dependant);
    await session.run(`delete from edges where ${session.among('predecessor', '$1')}`, ids);
  }
}

function tell(moves: Moves, predecessor: WorkloadId, dependant: WorkloadId): void {
  const before = moves.rows.get(predecessor)!;
  const row = moves.rows.get(dependant);
  const rule = row?.waitsFor.find(({id}) => id === predecessor);
  // Of what has ended it stays written, so that `retry` knows.
  if (!row || !rule || hasEnded(row.state)) return;
  const now = resolveAfter(before.state, rule.on);
  if (now === 'met') moves.touch(row, {waitsFor: row.waitsFor.filter(each => each !== rule)});
  if (now === 'never')
    moves.move(row, 'CANCELLED', {
      reason: neverStarts({id: before.id, name: before.workload.name}, before.state, rule.on),
      actor: {name: 'niyanta'},
    });
}
