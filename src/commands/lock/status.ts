import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class LockStatus extends EngineCommand {
  static override summary = 'Show who holds an environment, since when, from where.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging --json',
  ];
  static override flags = {...projectFlags, env: environmentFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LockStatus);
    const session = await openOnlyProject(flags, this.context());
    const {lockStatus} = await import('../../engine/lock-status.ts');
    const {lockView} = await import('../../engine/view/lock-view.ts');
    await this.show(await lockStatus(session), lockView);
  }
}
