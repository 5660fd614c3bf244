import {UserError} from '../../../spec/errors.ts';
import type {WorkloadState} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import {neverStarts, resolveAfter} from '../decisions/after.ts';
import {answerWish} from '../decisions/wishes.ts';
import {Moves, type Working} from '../moves.ts';
import {given} from '../row-mapping.ts';
import type {Actor, Scope, Wish, WorkloadId, WorkloadRow} from '../store.ts';
import {edgesTable} from '../tables.ts';
import {writeMoves} from '../write-moves.ts';
import {inScope} from './scopes.ts';

export async function ask(
  session: Session,
  scope: Scope,
  id: WorkloadId,
  wish: Wish,
  actor: Actor,
  halfLifeMs: number,
): Promise<WorkloadRow | undefined> {
  const moves = await Moves.of(session, [id]);
  const row = moves.rows.get(id);
  if (!row || !inScope(scope, row.customer)) return undefined;
  const answer = answerWish(row, wish);
  switch (answer.kind) {
    case 'refused':
      throw refused(row, wish, answer.why);
    case 'nothing':
      return row;
    case 'now':
      if (wish === 'retry') await waitAgain(moves, row);
      moves.move(row, answer.to, {reason: answer.reason, actor});
      if (answer.to === 'CANCELLED') await forgetEdges(session, id);
      break;
    case 'wanted':
      moves.touch(
        row,
        {wanted: answer.wanted},
        {
          type: 'workload.asked',
          customer: row.customer,
          workload: id,
          actor,
          attempt: row.attempt,
          data: {wish},
        },
      );
  }
  await writeMoves(moves, halfLifeMs);
  return given({...row});
}

/** What it came after is looked at again: it may have been tried again, too. */
export async function waitAgain(moves: Moves, row: Working): Promise<void> {
  if (row.waitsFor.length === 0) return;
  const {session} = moves;
  const before = await session.rows<{id: string; name: string; state: WorkloadState}>(
    `select id, name, state from workloads where ${session.among('id', '$1')} order by id ${session.forShare}`,
    row.waitsFor.map(({id}) => id),
  );
  const open = row.waitsFor.filter(({id, on}) => {
    const stands = before.find(each => each.id === id);
    const now = stands ? resolveAfter(stands.state, on) : 'met';
    if (now === 'never') throw refused(row, 'retry', neverStarts(stands!, stands!.state, on));
    return now === 'open';
  });
  row.waitsFor = open;
  await session.run('delete from edges where dependant = $1', row.id);
  const ids = [...new Set(open.map(({id}) => id))];
  await session.insert(
    edgesTable,
    ids.map(predecessor => ({predecessor, dependant: row.id})),
  );
}

const forgetEdges = (session: Session, id: WorkloadId) => session.run('delete from edges where dependant = $1', id);

const refused = ({id, workload}: WorkloadRow, wish: Wish, why: string) =>
  new UserError({
    code: 'not-possible',
    message: `${wish} of ${workload.name} (${id}): ${why}`,
    hint: `See its state: niyanta workload show ${id}`,
  });
