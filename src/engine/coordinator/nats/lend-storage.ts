import type {LentStorage} from '../../runtime/backup/lent-s3.ts';
import type {OutsideError} from '../../spec/errors.ts';
import {storageFailed, tooLarge} from '../checkpoints/checkpoint-errors.ts';
import {largestBlob} from '../checkpoints/checkpoint-keeper.ts';
import {isNameOf} from '../checkpoints/checkpoint-name.ts';
import type {Store, WorkloadRow} from '../store/store.ts';
import type {Asked} from './messages.ts';

export type AskedOfStorage = Extract<
  Asked,
  {kind: 'upload' | 'upload-part' | 'upload-done' | 'upload-dropped' | 'stored'}
>;

export interface LendStorageParts {
  readonly lent: LentStorage | undefined;
  readonly store: Pick<Store, 'checkpoints'>;
  /** Thrown for what is no business of the worker that asks. */
  readonly notYours: (what: string) => OutsideError;
}

/**
 * Lets a worker write checkpoints of the attempts that are placed on it (`rows`) to the object storage, and read those of
 * their workloads: by requests that are signed here, so that it needs no key. Errors: OutsideError `not-yours`,
 * `checkpoint-too-large`, `checkpoint-storage-failed`; those of the storage.
 */
export async function lendStorage(
  what: AskedOfStorage,
  rows: readonly WorkloadRow[],
  {lent, store, notYours}: LendStorageParts,
): Promise<unknown> {
  if (what.kind === 'stored') {
    const {workload, name} = what;
    if (!rows.some(({id}) => id === workload)) throw notYours('a workload');
    const kept = await store.checkpoints('everyone', workload);
    if (!kept.some(({place}) => place.kind === 's3' && place.key === name)) throw notYours('a checkpoint');
    if (!lent) throw notConfigured();
    return lent.read(name);
  }
  const {of, name} = what;
  const its = ({id, attempt, lease}: WorkloadRow) =>
    id === of.workload && attempt === of.attempt && lease === of.lease && isNameOf(of, name);
  if (!rows.some(its)) throw notYours('a checkpoint');
  if (!lent) throw tooLarge(largestBlob);
  switch (what.kind) {
    case 'upload':
      return lent.begin(name);
    case 'upload-part':
      return lent.part(name, what.upload, what);
    case 'upload-done':
      return lent.complete(name, what.upload, what.etags);
    case 'upload-dropped':
      return lent.abort(name, what.upload);
  }
}

/** One is kept there, and nobody can say that it is not good. */
const notConfigured = (): OutsideError =>
  storageFailed('the object storage', 'a checkpoint is kept there, and none is configured now');
