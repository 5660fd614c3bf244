import {Args} from '@oclif/core';
import {backupFlags} from '../../cli/backup-flags.ts';
import {confirmChange} from '../../cli/confirm.ts';
import {yesFlag} from '../../cli/flags.ts';
import {VolumeCommand} from '../../cli/volume-command.ts';
import {restoredView, restoreText} from '../../engine/view/volumes-view.ts';

export default class VolumeRestore extends VolumeCommand {
  static override summary = "Put a backup's data in place of a volume's.";
  static override description =
    'All of it is brought to the host and checked first. Files: the services that use the volume stop, the old data stays ' +
    'aside, and comes back when they are not healthy with the new. A dump of PostgreSQL is loaded beside the database and ' +
    'exchanged for it at once.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> db-data',
    '<%= config.bin %> <%= command.id %> db-data --backup 20261121T030000Z-1a2b3c --yes',
    '<%= config.bin %> <%= command.id %> db-data --from default --env copy',
  ];
  static override args = {volume: Args.string({description: 'Volume of the stack.', required: true})};
  static override flags = {...VolumeCommand.flags, ...backupFlags, yes: yesFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(VolumeRestore);
    const session = await this.open(flags);
    const {restoreVolume} = await import('../../engine/restore-volume.ts');
    const {backup, host, from, identity} = flags;
    const restored = await restoreVolume(session, {
      ...this.options(flags, session),
      ...{volume: args.volume, backup, host, from, identity},
      confirm: async restore => {
        if (!this.json) this.note(restoreText(restore, this.look(process.stderr)));
        const question = `Replace the data of volume ${restore.volume} in environment ${restore.environment}?`;
        await confirmChange({question, yes: flags.yes}, this.context());
      },
    });
    await this.show(restored, restoredView);
  }
}
