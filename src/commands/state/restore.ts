import {Args, Flags} from '@oclif/core';
import {confirmChange} from '../../cli/confirm.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, yesFlag} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class StateRestore extends EngineCommand {
  static override summary = 'Put an earlier lock file in place of the present one.';
  static override description =
    'The serial becomes higher than both had, so that plans saved before are refused. Hosts are not touched: the next ' +
    'plan compares what was restored with what they run.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --serial 12',
    '<%= config.bin %> <%= command.id %> shop-12.lock.json --yes',
  ];
  static override args = {file: Args.string({description: 'The copy; the newest that niyanta kept when not given.'})};
  static override flags = {
    ...projectFlags,
    yes: yesFlag,
    serial: Flags.integer({summary: 'The copy with this serial, of those that niyanta kept.', exclusive: ['list']}),
    list: Flags.boolean({summary: 'List the copies that niyanta kept, newest first.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(StateRestore);
    const session = await openOnlyProject(flags, this.context());
    const {restoreState, stateBackups} = await import('../../engine/restore-state.ts');
    if (flags.list) {
      const backups = await stateBackups(session);
      const text = () => backups.map(({serial, location}) => `serial ${serial}  ${location}`).join('\n');
      return await this.show({backups}, {text});
    }
    const {serial} = flags;
    const copy = args.file ?? (serial === undefined ? 'the newest copy' : `the copy of serial ${serial}`);
    const question = `Replace ${session.store.location} with ${copy}?`;
    await confirmChange({question, yes: flags.yes}, this.context());
    await this.show(await restoreState(session, {file: args.file, serial}), {
      text: restored => `restored serial ${restored.was} from ${restored.from}; it is serial ${restored.serial} now`,
    });
  }
}
