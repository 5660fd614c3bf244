import {Flags} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../cli/change-command.ts';
import {environmentFlag, lockWaitFlag, projectFlags, yesFlag} from '../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../cli/host-limits.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';

export default class Destroy extends ChangeCommand {
  static override summary = "Remove an environment's containers and networks; its volumes only when told.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging --yes',
    '<%= config.bin %> <%= command.id %> --volumes',
  ];
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    ...servedFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    backup: Flags.boolean({
      summary: 'With --volumes: back up first what the stack says is backed up.',
      default: true,
      allowNo: true,
    }),
    volumes: Flags.boolean({summary: 'Remove its volumes as well, with all data in them.', default: false}),
    ...hostLimitFlags,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Destroy);
    const {destroyStack} = await import('../engine/destroy-stack.ts');
    const question = flags.volumes
      ? 'Remove all of this, with the data in its volumes, from'
      : 'Remove all of this from';
    const words = {question, yes: flags.yes, next: ['niyanta history']};
    const served = await servedEnvironment(flags, this.context(), this.signal);
    if (served) return this.change(served.subject, words, hooks => served.destroy(flags.volumes, hooks));
    const session = await openOnlyProject(flags, this.context());
    await this.change(session, words, hooks =>
      destroyStack(session, {
        ...hooks,
        volumes: flags.volumes,
        backup: flags.backup,
        ...hostLimits(flags, session),
        lockWaitMs: flags['lock-wait'],
      }),
    );
  }
}
