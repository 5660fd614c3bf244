import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {environmentsView} from '../../engine/view/env-view.ts';

export default class EnvLs extends EngineCommand {
  static override summary =
    'List the environments that were applied: pending, running, stopped, degraded or failed, and why.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(EnvLs);
    const session = await openOnlyProject(flags, this.context());
    const {listEnvironments} = await import('../../engine/list-environments.ts');
    await this.show(await listEnvironments(session, {now: () => new Date(), signal: this.signal}), environmentsView);
  }
}
