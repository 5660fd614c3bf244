import {Args} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../../cli/change-command.ts';
import {environmentFlag, lockWaitFlag, projectFlags, yesFlag} from '../../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../../cli/host-limits.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class VolumeMove extends ChangeCommand {
  static override summary = 'Move a volume to another host, and its service with it.';
  static override description =
    'The service stops, its data is copied through this machine and compared file by file, and it starts on the other ' +
    'host. The old data is removed when it is healthy there; whatever fails before that, it runs again where it was.';
  static override examples = ['<%= config.bin %> <%= command.id %> db-data h2'];
  static override args = {
    volume: Args.string({description: 'Volume of the stack.', required: true}),
    host: Args.string({description: 'Host to move to.', required: true}),
  };
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    ...hostLimitFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(VolumeMove);
    const session = await openOnlyProject(flags, this.context());
    const {moveVolume} = await import('../../engine/move-volume.ts');
    const question = `Stop what uses volume ${args.volume}, and move it to ${args.host}, in`;
    await this.change(session, {question, yes: flags.yes, next: ['niyanta volume ls']}, hooks =>
      moveVolume(session, {
        ...hooks,
        ...hostLimits(flags, session),
        volume: args.volume,
        to: args.host,
        lockWaitMs: flags['lock-wait'],
      }),
    );
  }
}
