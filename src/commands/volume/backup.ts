import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {hostFlags, lockWaitFlag, projectFlags, stackFlags} from '../../cli/flags.ts';
import {openStack} from '../../cli/open.ts';
import {volumeProgress} from '../../cli/volume-progress.ts';
import {waitingHooks} from '../../cli/waiting.ts';
import {wordsOf} from '../../cli/words.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import {backUpView} from '../../engine/view/volumes-view.ts';

export default class VolumeBackup extends EngineCommand {
  static override summary = 'Back volumes up as the stack says: all that have a backup, or the named ones.';
  static override description =
    'A backup is listed only when all of it is durable at its place. With --due only what its schedule asks for is done, ' +
    'a missed one once: run that from cron or a CI schedule. Older ones are removed by `keep` after a good one.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> db-data --no-verify',
    '<%= config.bin %> <%= command.id %> --due --lock-wait 10m',
  ];
  static override args = {volume: Args.string({description: 'Volumes; all with a backup when not given.'})};
  static override flags = {
    ...projectFlags,
    ...stackFlags,
    ...hostFlags,
    'lock-wait': lockWaitFlag,
    due: Flags.boolean({summary: 'Only what is due by its schedule.', default: false}),
    verify: Flags.boolean({summary: 'Try each out where the stack says how.', default: true, allowNo: true}),
  };

  async run(): Promise<void> {
    const {flags, raw} = await this.parse(VolumeBackup);
    const session = await openStack(flags, this.context());
    const {backUpVolumes} = await import('../../engine/back-up-volumes.ts');
    const rows = await backUpVolumes(session, {
      volumes: wordsOf(raw),
      due: flags.due,
      verify: flags.verify,
      allowUnreachable: flags['allow-unreachable'],
      lockWaitMs: flags['lock-wait'],
      ...waitingHooks(text => this.note(text)),
      onProgress: volumeProgress({json: this.json}),
      signal: this.signal,
      now: () => new Date(),
    });
    await this.show(rows, backUpView);
    this.exitWith(rows.some(({outcome}) => outcome === 'failed') ? Exit.failed : Exit.ok);
  }
}
