import {OutsideError} from '../spec/errors.ts';

const advice: Readonly<Record<string, {readonly code: string; readonly what: string; readonly hint: string}>> = {
  ENOSPC: {code: 'disk-full', what: 'the disk is full', hint: 'Free some space (df -h shows where) and run it again.'},
  EDQUOT: {code: 'disk-full', what: 'the disk quota is used up', hint: 'Free some space and run it again.'},
  EROFS: {
    code: 'state-read-only',
    what: 'the file system is read-only',
    hint: 'Mount it writable, or keep the state elsewhere: state: file:PATH in niyanta.yaml.',
  },
  EACCES: {
    code: 'state-not-writable',
    what: 'permission denied',
    hint: 'Run niyanta as the owner of the file, or change its owner with chown.',
  },
  EPERM: {
    code: 'state-not-writable',
    what: 'not permitted',
    hint: 'Run niyanta as the owner of the file, or change its owner with chown.',
  },
  EIO: {
    code: 'disk-failed',
    what: 'the disk reported an error',
    hint: 'Look at dmesg; `niyanta state backup FILE` on another disk keeps a copy.',
  },
};

/** An error of the file system while a file of the state was written, as people can act on it. */
export function diskError(path: string, error: unknown): unknown {
  const errno = (error as NodeJS.ErrnoException).code ?? '';
  const known = advice[errno];
  if (known === undefined) return error;
  return new OutsideError({
    code: known.code,
    message: `could not write ${path}: ${known.what} (${errno}); what it held before is untouched`,
    hint: known.hint,
    cause: error,
  });
}
