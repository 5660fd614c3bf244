import {OutsideError} from '../../spec/errors.ts';
import {formatSize} from '../../spec/quantities.ts';

/** The content of a checkpoint cannot be used, and never will: the one before is. */
export const corruptCheckpoint = (why: string): OutsideError =>
  new OutsideError({
    code: 'checkpoint-corrupt',
    message: why,
    hint: 'An earlier one is used in its place; see niyanta checkpoint ls.',
  });

export const tooLarge = (limit: number): OutsideError =>
  new OutsideError({
    code: 'checkpoint-too-large',
    message: `the checkpoint is larger than ${formatSize(limit)}B when compressed, and no object storage is configured`,
    hint: 'Configure one (an S3 API), or write smaller checkpoints.',
  });

export const storageFailed = (label: string, cause: unknown): OutsideError =>
  new OutsideError({
    code: 'checkpoint-storage-failed',
    message: cause instanceof Error ? cause.message : `${label}: ${String(cause)}`,
    hint: 'See whether the object storage of checkpoints can be reached and written to.',
    transient: true,
    cause,
  });
