import {UserError} from '../../../spec/errors.ts';
import type {WorkloadState} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import {Moves} from '../moves.ts';
import {given} from '../row-mapping.ts';
import type {Actor, CheckpointRow, Scope, WorkloadId, WorkloadRow} from '../store.ts';
import {writeMoves} from '../write-moves.ts';
import {waitAgain} from './asking.ts';
import {allCheckpoints} from './checkpointing.ts';
import {inScope} from './scopes.ts';

/** States in which nothing of it runs, and something may again. */
const resting: readonly WorkloadState[] = ['PAUSED', 'RETRYING', 'FAILED', 'CANCELLED'];

export async function restore(
  session: Session,
  scope: Scope,
  id: WorkloadId,
  number: number | undefined,
  actor: Actor,
  halfLifeMs: number,
): Promise<WorkloadRow | undefined> {
  const moves = await Moves.of(session, [id]);
  const row = moves.rows.get(id);
  if (!row || !inScope(scope, row.customer)) return undefined;
  if (!resting.includes(row.state)) throw notNow(row);
  const from = chosen(row, await allCheckpoints(session, id), number);
  await session.run('update checkpoints set aside = (number > $1) where workload = $2', from.number, id);
  await waitAgain(moves, row);
  const {customer, attempt} = row;
  const data = {number: from.number};
  moves.events.push({type: 'checkpoint.restored', customer, workload: id, actor, attempt, data});
  moves.move(row, 'PENDING', {reason: `begins again from checkpoint ${from.number}`, actor});
  await writeMoves(moves, halfLifeMs);
  return given({...row});
}

/** Errors: UserError `unknown-checkpoint`, `not-possible`. */
export function chosen(
  {id}: Pick<WorkloadRow, 'id'>,
  checkpoints: readonly CheckpointRow[],
  number: number | undefined,
): CheckpointRow {
  const wanted = checkpoints.find(each => (number === undefined ? each.corrupt === undefined : each.number === number));
  const hint = `niyanta checkpoint ls ${id} lists those that are kept.`;
  if (!wanted) {
    const message =
      number === undefined ? `${id} has no checkpoint that is whole` : `${id} has no checkpoint ${number}`;
    throw new UserError({code: 'unknown-checkpoint', message, hint});
  }
  if (wanted.corrupt === undefined) return wanted;
  const message = `checkpoint ${wanted.number} of ${id} cannot be used: ${wanted.corrupt}`;
  throw new UserError({code: 'not-possible', message, hint});
}

const notNow = ({id, workload, state}: WorkloadRow): UserError =>
  new UserError({
    code: 'not-possible',
    message: `${workload.name} (${id}) is ${state}: only what is PAUSED, RETRYING, FAILED or CANCELLED begins again`,
    hint:
      state === 'SUCCEEDED'
        ? 'A new workload can begin from its checkpoint: niyanta checkpoint restore --new'
        : 'Pause it first, or have a new workload begin from the checkpoint: niyanta checkpoint restore --new',
  });
