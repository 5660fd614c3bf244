import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class StateBackup extends EngineCommand {
  static override summary = 'Copy the lock file, checked, to another file.';
  static override description = 'Ten earlier ones are kept by themselves in .niyanta; this is for a copy elsewhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> /mnt/backup/shop.lock.json',
  ];
  static override args = {
    file: Args.string({description: 'Where to; a file named after project and serial in this folder when not given.'}),
  };
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(StateBackup);
    const session = await openOnlyProject(flags, this.context());
    const {backupState} = await import('../../engine/backup-state.ts');
    await this.show(await backupState(session, args.file), {
      text: ({file, serial}) => `copied serial ${serial} to ${file}`,
    });
  }
}
