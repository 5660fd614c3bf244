import {UserError} from '../engine/spec/errors.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import type {CommandContext} from './engine-command.ts';

/** What a person is asked before something changes. */
export interface Confirmation {
  /** Names the environment: `Apply this plan to environment staging?` */
  readonly question: string;
  /** `--yes`, or NIYANTA_YES. */
  readonly yes: boolean;
}

/**
 * Returns when the person agrees or has agreed by `--yes`. Do not call it for an empty plan.
 * Errors: UserError `not-confirmed` and `confirmation-needed` (no terminal to ask on), both exit 3.
 */
export async function confirmChange({question, yes}: Confirmation, context: CommandContext): Promise<void> {
  if (yes) return;
  if (!context.isTTY) {
    throw new UserError({
      code: 'confirmation-needed',
      message: `${question} There is no terminal to ask on.`,
      hint: 'Add --yes, or set NIYANTA_YES=1.',
      exit: Exit.cancelled,
    });
  }
  const {confirm} = await import('@inquirer/prompts');
  // On standard error: standard output is for the result alone.
  const agreed = await confirm({message: question, default: false}, {output: process.stderr});
  if (!agreed) {
    throw new UserError({
      code: 'not-confirmed',
      message: 'not confirmed; nothing was changed',
      exit: Exit.cancelled,
    });
  }
}
