import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../../cli/flags.ts';
import {openStack} from '../../cli/open.ts';
import {backupsView, volumesView} from '../../engine/view/volumes-view.ts';

export default class VolumeLs extends EngineCommand {
  static override summary = 'List volumes with their size, last good backup and when the next is due; or the backups.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --backups',
    '<%= config.bin %> <%= command.id %> db-data --backups --json',
  ];
  static override args = {volume: Args.string({description: 'Volume whose backups to list; all when not given.'})};
  static override flags = {
    ...projectFlags,
    ...stackFlags,
    backups: Flags.boolean({
      summary: 'List the backups, newest first, and whether they were tried out.',
      default: false,
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(VolumeLs);
    const session = await openStack(flags, this.context());
    const {listVolumeBackups, listVolumes} = await import('../../engine/list-volumes.ts');
    const asking = {now: () => new Date(), signal: this.signal};
    if (flags.backups || args.volume !== undefined)
      return this.show(await listVolumeBackups(session, args.volume, asking), backupsView);
    await this.show(await listVolumes(session, asking), volumesView);
  }
}
