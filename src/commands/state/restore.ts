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
    '<%= config.bin %> <%= command.id %> shop-12.lock.json --yes',
  ];
  static override args = {file: Args.string({description: 'The copy; the newest that niyanta kept when not given.'})};
  static override flags = {
    ...projectFlags,
    yes: yesFlag,
    list: Flags.boolean({summary: 'List the copies that niyanta kept, newest first.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(StateRestore);
    const session = await openOnlyProject(flags, this.context());
    const {restoreState, stateBackups} = await import('../../engine/restore-state.ts');
    if (flags.list) {
      const backups = await stateBackups(session);
      const text = () => backups.map(({serial, path}) => `serial ${serial}  ${path}`).join('\n');
      return await this.show({backups}, {text});
    }
    const question = `Replace ${session.project.state.path} with ${args.file ?? 'the newest copy'}?`;
    await confirmChange({question, yes: flags.yes}, this.context());
    await this.show(await restoreState(session, args.file), {
      text: ({from, was, serial}) => `restored serial ${was} from ${from}; it is serial ${serial} now`,
    });
  }
}
