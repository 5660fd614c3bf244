import {Args, Flags} from '@oclif/core';
import {UserError} from '../../engine/spec/errors.ts';

/** Files are arguments, since there may be several. */
export const workloadFilesArg = Args.string({description: 'Workload files; - is standard input.'});

export const workloadParamFlag = Flags.string({
  summary: 'A parameter of the workloads, as name=value; may repeat.',
  helpValue: 'NAME=VALUE',
  aliases: ['set'],
  multiple: true,
  multipleNonGreedy: true,
});

export const outputsFlag = Flags.string({summary: 'Folder to write the files to that were left.', helpValue: 'DIR'});

/** What was named. Errors: UserError `no-file`. */
export function filesNamed(argv: readonly unknown[], command: string): string[] {
  const files = argv.map(String);
  if (files.length > 0) return files;
  const hint = `For example: niyanta ${command} workload.yaml; niyanta explain workload says what it may hold.`;
  throw new UserError({code: 'no-file', message: 'it is not said which file', hint});
}

export const workloadsArg = Args.string({description: 'Ids or names of workloads.'});
export const workloadArg = Args.string({
  description: 'Id of the workload, or its name: the newest of that name.',
  required: true,
});

/** Errors: UserError `no-workload`. */
export function idsNamed(argv: readonly unknown[]): string[] {
  if (argv.length > 0) return argv.map(String);
  const hint = 'niyanta workload ls lists them.';
  throw new UserError({code: 'no-workload', message: 'it is not said which workload', hint});
}

export const afterFlag = Flags.string({
  summary: 'They start when this workload has ended: ID, ID:failure or ID:always; may repeat.',
  helpValue: 'ID[:ON]',
  multiple: true,
  multipleNonGreedy: true,
});

/** `ID`, `ID:failure`. Errors: UserError `after-invalid`. */
export function afterId(text: string): {readonly id: string; readonly on: 'success' | 'failure' | 'always'} {
  const [id = '', on = 'success', ...more] = text.split(':');
  const known = on === 'success' || on === 'failure' || on === 'always';
  if (id !== '' && known && more.length === 0) return {id, on};
  const hint = 'Write ID, ID:success, ID:failure or ID:always.';
  throw new UserError({code: 'after-invalid', message: `--after ${text} does not say which workload, and how`, hint});
}
