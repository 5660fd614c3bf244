import {Args} from '@oclif/core';
import {backupFlags} from '../../cli/backup-flags.ts';
import {VolumeCommand} from '../../cli/volume-command.ts';
import {verifiedView} from '../../engine/view/volumes-view.ts';

export default class VolumeVerify extends VolumeCommand {
  static override summary = 'Restore a backup into a throw-away container, check it there, and note the result.';
  static override description =
    "The container has the service's image, no network, limited resources and no secret. What `verify` of the volume's " +
    'backup says is run in it; of PostgreSQL its tables are counted when it says nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> db-data',
    '<%= config.bin %> <%= command.id %> db-data --backup 20261121T030000Z-1a2b3c',
    '<%= config.bin %> <%= command.id %> db-data --identity ~/backup-key.txt',
  ];
  static override args = {volume: Args.string({description: 'Volume of the stack.', required: true})};
  static override flags = {...VolumeCommand.flags, ...backupFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(VolumeVerify);
    const session = await this.open(flags);
    const {verifyVolume} = await import('../../engine/verify-volume.ts');
    const {backup, host, from, identity} = flags;
    const options = {...this.options(flags, session), volume: args.volume, backup, host, from, identity};
    await this.show(await verifyVolume(session, options), verifiedView);
  }
}
