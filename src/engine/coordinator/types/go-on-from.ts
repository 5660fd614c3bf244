import type {Readable} from 'node:stream';
import {OutsideError} from '../../spec/errors.ts';
import type {Attempt, CheckpointKeeper} from './workload-type.ts';

/**
 * Has `use` take the newest checkpoint that is whole. Those that are not, by their checksum or because `use` rejects with
 * `checkpoint-corrupt`, are told as corrupt and the one before is tried. Whether there was one. Errors: `transient` ones
 * of the object storage, since an older checkpoint is no answer to a network that is down.
 */
export async function goOnFrom(
  {checkpoints, report}: Pick<Attempt, 'checkpoints' | 'report'>,
  keeper: CheckpointKeeper,
  use: (tar: Readable) => Promise<void>,
): Promise<boolean> {
  for (const checkpoint of checkpoints) {
    try {
      await use(await keeper.open(checkpoint));
      report.restored(checkpoint.number);
      return true;
    } catch (error) {
      if (!(error instanceof OutsideError && error.code === 'checkpoint-corrupt')) throw error;
      report.corrupt(checkpoint.number, error.message);
    }
  }
  return false;
}
