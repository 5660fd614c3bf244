import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {templateView} from '../../engine/view/template-view.ts';

export default class TemplateShow extends EngineCommand {
  static override summary = 'Show what a template makes, its parameters with types and defaults, and an example.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> postgres',
    '<%= config.bin %> <%= command.id %> acme/web --json',
  ];
  static override args = {
    template: Args.string({description: 'Name of the template, or REPOSITORY/NAME.', required: true}),
  };
  static override flags = {project: projectFlags.project};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(TemplateShow);
    const {projectIfAny} = await import('../../engine/open-project.ts');
    const {showTemplate} = await import('../../engine/show-template.ts');
    const at = {...this.context(), project: flags.project};
    await this.show(await showTemplate(args.template, await projectIfAny(at), at), templateView);
  }
}
