import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class SecretLs extends EngineCommand {
  static override summary = 'List the names of the secrets that are set, and where; never a value.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(SecretLs);
    const {secrets} = await openOnlyProject(flags, this.context());
    const {secretsView} = await import('../../engine/view/secrets-view.ts');
    await this.show(await secrets.origins(), secretsView);
  }
}
