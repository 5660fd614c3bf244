import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';

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
    env: environmentFlag,
    limit: Flags.integer({char: 'n', summary: 'Only so many, the newest.', helpValue: 'COUNT', min: 1}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(History);
    const session = await openOnlyProject(flags, this.context());
    const {showHistory} = await import('../engine/show-history.ts');
    const {historyView} = await import('../engine/view/history-view.ts');
    await this.show(await showHistory(session, flags.limit), historyView);
  }
}
