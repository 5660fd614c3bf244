import {statSync} from 'node:fs';
import nodePath from 'node:path';
import {readFiles, type StackChoice} from './open-project.ts';
import {type ExportedCompose, exportCompose} from './spec/compose/export-compose.ts';
import {UserError} from './spec/errors.ts';
import {writeWhole} from './write-whole.ts';

export interface ExportResult extends ExportedCompose {
  readonly stack: string;
  readonly environment: string;
  readonly services: readonly string[];
  /** The file that was written, as it was given. */
  readonly written?: string;
}

/**
 * The stack, in its environment, as a Compose file; written if told where.
 * Errors: UserError `exists` when the file is there and `force` is not given; those of reading a stack.
 */
export async function exportComposeFile(
  choice: StackChoice,
  out: string | undefined,
  force: boolean,
): Promise<ExportResult> {
  const path = out === undefined ? undefined : nodePath.resolve(choice.cwd, out);
  if (path !== undefined && !force && statSync(path, {throwIfNoEntry: false})) {
    const hint = '--force writes over it; without -o the Compose file is printed.';
    throw new UserError({code: 'exists', message: `${out} exists already`, hint});
  }
  const {stack, environment} = await readFiles(choice);
  const exported = exportCompose(stack, {directory: path === undefined ? choice.cwd : nodePath.dirname(path)});
  if (path !== undefined) await writeWhole(path, exported.text);
  const services = stack.services.map(({name}) => name);
  return {...exported, stack: stack.name, environment, services, ...(out !== undefined && {written: out})};
}
