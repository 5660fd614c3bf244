import {OutsideError, UserError} from '../../spec/errors.ts';

/** A place for backups that has no room. */
export const targetFull = (place: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'backup-target-full',
    message: `there is no room at ${place}: the backup was not made, and what there was of it is removed`,
    hint: 'Make room there, or keep fewer backups (volumes.X.backup.keep). Earlier backups are as they were.',
    cause,
  });

export const targetFailed = (place: string, what: string, why: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'backup-target-failed',
    message: `${place}: could not ${what}: ${why}`,
    hint: 'See whether the place of the backups can be reached and written to.',
    cause,
  });

export const corrupt = (id: string, place: string, why: string): OutsideError =>
  new OutsideError({
    code: 'backup-corrupt',
    message: `backup ${id} at ${place} is damaged: ${why}`,
    hint: 'Use another one: niyanta volume ls --backups',
  });

export const wrongKey = (id: string, place: string): UserError =>
  new UserError({
    code: 'backup-key-wrong',
    message: `backup ${id} at ${place} is encrypted with another key than the one given`,
    hint: 'Give the passphrase or identity that it was made with: encrypt in the stack, or --identity FILE.',
    exit: 1,
  });

/** An error that a stored byte caused, whatever library noticed it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
