import type {Hook} from '@oclif/core';
import {UserError} from '../../engine/spec/errors.ts';
import {suggest} from '../../engine/spec/suggest.ts';

/** `niyanta aply` → an error that suggests `niyanta apply`; never a prompt, so scripts and people see the same. */
const hook: Hook<'command_not_found'> = async ({id, argv, config}) => {
  const words = id.split(':');
  const typed = words.join(' ');
  const known = config.commands.filter(command => !command.hidden).map(command => command.id.replaceAll(':', ' '));
  const near = suggest(typed, known) ?? suggest(words[0]!, known);
  throw new UserError({
    code: 'unknown-command',
    message: `${[typed, ...(argv ?? []).filter(word => !word.startsWith('-')).slice(0, 1)].join(' ')}: not a command of ${config.bin}`,
    hint: near ? `Did you mean "${config.bin} ${near}"?` : `See "${config.bin} help" for the commands.`,
  });
};

export default hook;
