import type {Identity} from '../access/index.ts';
import {notFound, scopeOf} from '../access/index.ts';
import type {Actor, WorkloadRow} from '../store/store.ts';
import type {Reception} from './reception.ts';

export interface RestoreWish {
  readonly id: string;
  /** The newest that is whole when absent. */
  readonly number?: number;
  /** A copy of the workload is submitted that begins from it; else the workload itself begins again. */
  readonly asNew: boolean;
  readonly idempotencyKey?: string;
}

/** The workload that begins from a checkpoint. Errors: Refusal 404, 429; UserError where it is not possible. */
export async function restoreCheckpoint(
  {coordinator, door, pending}: Reception,
  who: Identity,
  {id, number, asNew, idempotencyKey}: RestoreWish,
  actor: Actor,
): Promise<WorkloadRow> {
  const scope = scopeOf(who);
  const before = await coordinator.store.workload(scope, id);
  if (before === undefined) throw notFound('workload');
  const owner = await door.customer(before.customer);
  if (asNew && owner) await pending.admit(owner, 1);
  const row = asNew
    ? await coordinator.restoreAsNew(scope, id, {number, idempotencyKey, actor})
    : await coordinator.restore(scope, id, number, actor);
  if (row === undefined) throw notFound('workload');
  return row;
}
