import {readFileSync, statSync} from 'node:fs';
import {Errors} from '@oclif/core';
import {Bug, NiyantaError, OutsideError, UserError} from '../engine/spec/errors.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {errorAnnotations} from '../engine/view/annotations.ts';
import {errorJson, errorText} from '../engine/view/error-view.ts';
import {printableJson} from '../engine/view/printable.ts';
import {formatOf, hasFlag, speaksToGitHub} from './format.ts';
import {annotate} from './github-actions.ts';
import {Interruption} from './interruption.ts';
import {lookOf} from './look.ts';
import {tell} from './output.ts';
import {flagRefused, wrongUsage} from './usage-error.ts';

/** Prints any error, as one line of JSON (it may follow lines of events) on standard output or as text on standard error, and gives the exit code for it. GitHub
 * Actions gets annotations as well. */
export function reportError(error: unknown, argv: readonly string[]): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? Exit.ok;
  const known = recognised(error);
  const format = formatOf(argv, process.env);
  if (format === 'json') process.stdout.write(`${printableJson(errorJson(known))}\n`);
  else {
    const look = lookOf(process.stderr, process.env, hasFlag(argv, '--no-color'), new Date());
    tell(errorText(known, look, readSource));
    if (speaksToGitHub(format, process.env)) annotate(errorAnnotations(known));
  }
  return known.exit;
}

/** Every error as one of the three kinds. What is none of them is a bug. */
export function recognised(error: unknown): NiyantaError {
  if (error instanceof NiyantaError) return flagRefused(error) ?? error;
  if (Interruption.current()?.signal.aborted || isCancelledPrompt(error)) {
    return new UserError({code: 'interrupted', message: 'interrupted', exit: Exit.interrupted, cause: error});
  }
  if (error instanceof Errors.CLIError) return wrongUsage(error);
  const refused = error instanceof Error ? flagRefused(error) : undefined;
  if (refused) return refused;
  if (error instanceof Error && 'syscall' in error && 'code' in error) return systemFailed(error);
  return new Bug(error instanceof Error ? error.message : String(error), error);
}

/** @inquirer/prompts throws an ExitPromptError at Ctrl-C. */
const isCancelledPrompt = (error: unknown): boolean => error instanceof Error && error.name === 'ExitPromptError';

/** The file system or network of this machine refused something that no room expected. */
function systemFailed(error: Error): OutsideError {
  return new OutsideError({
    code: String((error as NodeJS.ErrnoException).code).toLowerCase(),
    message: error.message,
    cause: error,
  });
}

/** For the code frame: a file of at most 1 MB; nothing otherwise, since the error itself matters more. */
function readSource(file: string): string | undefined {
  const stat = statSync(file, {throwIfNoEntry: false});
  return stat?.isFile() && stat.size <= 1_000_000 ? readFileSync(file, 'utf8') : undefined;
}
