import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';

export default class History extends EngineCommand {
  static override summary = 'List every change of an environment: who, when, what, and how it ended.';
  static override description = 'Newest first. `rollback --to SERIAL` goes back to one of them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging --limit 5',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    ...projectFlags,
    ...servedFlags,
    env: environmentFlag,
    limit: Flags.integer({char: 'n', summary: 'Only so many, the newest.', helpValue: 'COUNT', min: 1}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(History);
    const served = await servedEnvironment(flags, this.context(), this.signal);
    const {showHistory} = await import('../engine/show-history.ts');
    const {historyView} = await import('../engine/view/history-view.ts');
    if (served) return this.show(await served.history(flags.limit), historyView);
    const session = await openOnlyProject(flags, this.context());
    await this.show(await showHistory(session, flags.limit), historyView);
  }
}
