import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {templatesView} from '../../engine/view/template-view.ts';

export default class TemplateLs extends EngineCommand {
  static override summary = "List the templates that stacks may use: the project's own, its repositories', niyanta's.";
  static override description =
    "The project's own stand in templates/ beside niyanta.yaml and win over built-in ones of the same name.";
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {project: projectFlags.project};

  async run(): Promise<void> {
    const {flags} = await this.parse(TemplateLs);
    const {projectIfAny} = await import('../../engine/open-project.ts');
    const {listTemplates} = await import('../../engine/list-templates.ts');
    const at = {...this.context(), project: flags.project};
    await this.show(await listTemplates(await projectIfAny(at), at), templatesView);
  }
}
