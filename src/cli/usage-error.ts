import type {Errors} from '@oclif/core';
import {NiyantaError, UserError} from '../engine/spec/errors.ts';
import {suggest} from '../engine/spec/suggest.ts';

const SEE_HELP = 'See more help with --help';

/** oclif could not parse the flags and arguments: exit 64, with the flag that was probably meant. */
export function wrongUsage(error: Errors.CLIError): UserError {
  const refused = flagRefused(error);
  if (refused) return refused;
  const unknown = unknownFlags(error);
  if (unknown) return unknown;
  const lines = error.message.replace(SEE_HELP, '').split('\n');
  const message = lines.filter(line => line.trim() !== '').join('\n');
  return new UserError({code: 'usage', message, hint: error.suggestions?.[0] ?? SEE_HELP});
}

/** The parser of a flag refused its value; oclif wrapped the message in three lines. */
export function flagRefused(error: Error): UserError | undefined {
  const wrapped = /^Parsing (--\S+) \n\t([\s\S]*)\nSee more help with --help$/.exec(error.message);
  if (!wrapped) return undefined;
  const known = error instanceof NiyantaError ? error : undefined;
  return new UserError({
    code: known?.code ?? 'usage',
    message: `${wrapped[1]}: ${wrapped[2]}`,
    hint: known?.hint ?? SEE_HELP,
  });
}

/** As oclif's NonExistentFlagsError has it; told by its fields, since the class is not exported. */
interface UnknownFlags {
  readonly flags: readonly string[];
  readonly parse: {readonly input: {readonly flags: Readonly<Record<string, unknown>>}};
}

function unknownFlags(error: object): UserError | undefined {
  if (!('flags' in error && Array.isArray(error.flags) && 'parse' in error)) return undefined;
  const {flags, parse} = error as UnknownFlags;
  const known = Object.keys(parse.input.flags).map(name => `--${name}`);
  const near = flags.length === 1 ? suggest(flags[0]!.split('=')[0]!, known) : undefined;
  return new UserError({
    code: 'unknown-flag',
    message: `unknown flag${flags.length > 1 ? 's' : ''}: ${flags.join(', ')}`,
    hint: near ? `Did you mean ${near}?` : SEE_HELP,
  });
}
