import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class StateShow extends EngineCommand {
  static override summary = 'Show what the lock file holds; with --json all of it.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(StateShow);
    const session = await openOnlyProject(flags, this.context());
    const {showState} = await import('../../engine/show-state.ts');
    const {stateView} = await import('../../engine/view/state-view.ts');
    await this.show(await showState(session), stateView);
  }
}
