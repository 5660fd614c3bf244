import {Args, Flags} from '@oclif/core';
import {VolumeCommand} from '../../cli/volume-command.ts';
import {wordsOf} from '../../cli/words.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import {backUpView} from '../../engine/view/volumes-view.ts';

export default class VolumeBackup extends VolumeCommand {
  static override summary = 'Back volumes up as the stack says: all that have a backup, or the named ones.';
  static override description =
    'A backup is listed only when all of it is durable at its place. With --due only what its schedule asks for is done, ' +
    'a missed one once: run that from cron or a CI schedule. Older ones are removed by `keep` after a good one.';
  static override usage = 'volume backup [VOLUME...] [--due] [--no-verify] [--env NAME]';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> db-data --no-verify',
    '<%= config.bin %> <%= command.id %> --due --lock-wait 10m',
  ];
  static override args = {volume: Args.string({description: 'Volumes; all with a backup when not given.'})};
  static override flags = {
    ...VolumeCommand.flags,
    due: Flags.boolean({summary: 'Only what is due by its schedule.', default: false}),
    verify: Flags.boolean({summary: 'Try each out where the stack says how.', default: true, allowNo: true}),
  };

  async run(): Promise<void> {
    const {flags, raw} = await this.parse(VolumeBackup);
    const session = await this.open(flags);
    const {backUpVolumes} = await import('../../engine/back-up-volumes.ts');
    const rows = await backUpVolumes(session, {
      ...this.options(flags, session),
      volumes: wordsOf(raw),
      due: flags.due,
      verify: flags.verify,
    });
    await this.show(rows, backUpView);
    this.exitWith(rows.some(({outcome}) => outcome === 'failed') ? Exit.failed : Exit.ok);
  }
}
