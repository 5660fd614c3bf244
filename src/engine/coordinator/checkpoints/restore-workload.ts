import {OutsideError, UserError} from '../../spec/errors.ts';
import type {Actor, CheckpointRow, Scope, Store, Submission, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {CheckpointKeeper} from '../types/workload-type.ts';
import {workloadId} from '../workload-id.ts';

export interface RestoreParts {
  readonly store: Store;
  readonly keeper: CheckpointKeeper;
}

/** See `Coordinator.restore`. */
export async function restoreHere(
  {store, keeper}: RestoreParts,
  scope: Scope,
  id: WorkloadId,
  number: number | undefined,
  actor: Actor,
): Promise<WorkloadRow | undefined> {
  const checkpoint = wanted(await store.checkpoints(scope, id), number);
  if (checkpoint) (await opened({store, keeper}, checkpoint)).destroy();
  return store.restore(scope, id, checkpoint?.number ?? number, actor);
}

interface NewWish {
  readonly number?: number;
  readonly idempotencyKey?: string;
  readonly actor: Actor;
}

/** See `Coordinator.restoreAsNew`. The new one has a copy of its own: the other's may be dropped. */
export async function restoreAsNew(
  parts: RestoreParts & {readonly randomBytes: (size: number) => Uint8Array},
  scope: Scope,
  id: WorkloadId,
  {number, idempotencyKey, actor}: NewWish,
): Promise<WorkloadRow | undefined> {
  const {store, keeper} = parts;
  const row = await store.workload(scope, id);
  if (!row) return undefined;
  const checkpoint = wanted(await store.checkpoints(scope, id), number);
  if (!checkpoint) throw noSuch(id, number);
  const own = workloadId(await store.now(), parts.randomBytes(10));
  const tar = await opened(parts, checkpoint);
  const kept = await keeper.keep({workload: {...row, id: own}, attempt: 0}, tar);
  const {progress, why} = checkpoint;
  // What it came after is over, and so are its times.
  const {schedule: _, ...workload} = row.workload;
  const submission: Submission = {
    id: own,
    customer: row.customer,
    workload: {...workload, after: []},
    inputs: row.inputs,
    checkpoint: {...kept, progress, why, of: {workload: id, number: checkpoint.number}},
    ...(idempotencyKey !== undefined && {idempotencyKey}),
    actor,
  };
  const [accepted] = await store.submit([submission]);
  if (accepted!.doubled) await keeper.drop([kept]);
  return store.workload(scope, accepted!.id);
}

/** Corrupt ones are taken by their number alone, to be refused with their reason. */
const wanted = (all: readonly CheckpointRow[], number: number | undefined): CheckpointRow | undefined =>
  all.find(each => (number === undefined ? each.corrupt === undefined : each.number === number));

/** Errors: UserError `not-possible`; one that turns out damaged is marked as such. */
async function opened({store, keeper}: RestoreParts, {workload, number, corrupt, ...checkpoint}: CheckpointRow) {
  if (corrupt !== undefined) throw damaged(workload, number, corrupt);
  try {
    return await keeper.open(checkpoint);
  } catch (error) {
    if (!(error instanceof OutsideError && error.code === 'checkpoint-corrupt')) throw error;
    await store.markCorrupt(workload, number, error.message);
    throw damaged(workload, number, error.message);
  }
}

const hint = (id: WorkloadId): string => `niyanta checkpoint ls ${id} lists those that are kept.`;

const damaged = (id: WorkloadId, number: number, why: string): UserError => {
  const message = `checkpoint ${number} of ${id} cannot be used: ${why}`;
  return new UserError({code: 'not-possible', message, hint: hint(id)});
};

const noSuch = (id: WorkloadId, number: number | undefined): UserError => {
  const message = number === undefined ? `${id} has no checkpoint that is whole` : `${id} has no checkpoint ${number}`;
  return new UserError({code: 'unknown-checkpoint', message, hint: hint(id)});
};
