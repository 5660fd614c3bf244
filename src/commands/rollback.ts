import {Flags} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../cli/change-command.ts';
import {environmentFlag, lockWaitFlag, onFailureFlag, projectFlags, yesFlag} from '../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../cli/host-limits.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';

export default class Rollback extends ChangeCommand {
  static override summary = 'Bring the whole stack back to what an earlier apply ran, whatever the files say now.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --to 12',
    '<%= config.bin %> <%= command.id %> --env staging --yes',
  ];
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    ...servedFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    'on-failure': onFailureFlag,
    to: Flags.integer({summary: 'Serial to go back to; see history.', helpValue: 'SERIAL', min: 1}),
    ...hostLimitFlags,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Rollback);
    const words = {question: 'Roll back', yes: flags.yes, next: ['niyanta ps', 'niyanta history']};
    const served = await servedEnvironment(flags, this.context(), this.signal);
    if (served) return this.change(served.subject, words, hooks => served.rollback(flags.to, hooks));
    const session = await openOnlyProject(flags, this.context());
    const {rollbackStack} = await import('../engine/rollback-stack.ts');
    await this.change(session, words, hooks =>
      rollbackStack(session, {
        ...hooks,
        to: flags.to,
        ...hostLimits(flags, session),
        lockWaitMs: flags['lock-wait'],
        onFailure: flags['on-failure'],
        keepFailed: false,
      }),
    );
  }
}
