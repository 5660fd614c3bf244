import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {UserError} from '../engine/spec/errors.ts';

export const reportFlag = Flags.string({
  summary: 'Write what became of every operation to a file, as JSON, however it ends.',
  helpValue: 'FILE',
  env: 'NIYANTA_REPORT',
});

/**
 * The absolute path of a report, found writable before anything is changed. Errors: UserError `report-not-writable`.
 */
export async function reportPath(file: string): Promise<string> {
  const path = resolve(file);
  try {
    await access(dirname(path), constants.W_OK);
    return path;
  } catch (cause) {
    throw new UserError({
      code: 'report-not-writable',
      message: `no report can be written to ${file}: ${(cause as Error).message}`,
      hint: 'Give --report a file in a folder that exists and can be written to.',
      cause,
    });
  }
}
