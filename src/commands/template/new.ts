import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {newTemplateView} from '../../engine/view/template-view.ts';

export default class TemplateNew extends EngineCommand {
  static override summary = "Write a template to begin with into the project's templates/.";
  static override description = 'Never writes over one that is there. A name of a built-in one takes its place.';
  static override examples = ['<%= config.bin %> <%= command.id %> worker'];
  static override args = {template: Args.string({description: 'Name of the template.', required: true})};
  static override flags = {project: projectFlags.project};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(TemplateNew);
    const {openProjectOnly} = await import('../../engine/open-project.ts');
    const {newTemplate} = await import('../../engine/new-template.ts');
    const {project} = await openProjectOnly({...this.context(), project: flags.project});
    await this.show(await newTemplate(project, args.template), newTemplateView);
  }
}
