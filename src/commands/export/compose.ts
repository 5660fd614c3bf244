import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../../cli/flags.ts';
import {stackChoice} from '../../cli/open.ts';
import {exportNotes, exportView} from '../../engine/view/import-view.ts';

export default class ExportCompose extends EngineCommand {
  static override summary = 'Write the stack as a Compose file, and list what such a file cannot say.';
  static override description =
    'The stack as it is in its environment: parameters, templates and env files put in. Secrets become variables ' +
    'that must be set. What Compose has no word for stands on standard error.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging -o compose.yaml',
  ];
  static override flags = {
    ...projectFlags,
    ...stackFlags,
    out: Flags.string({char: 'o', summary: 'Write the Compose file there.', helpValue: 'FILE'}),
    force: Flags.boolean({summary: 'Write over a file that exists.', default: false}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(ExportCompose);
    const {exportComposeFile} = await import('../../engine/export-compose.ts');
    const result = await exportComposeFile(stackChoice(flags, this.context()), flags.out, flags.force);
    await this.show(result, exportView);
    const notes = this.json ? '' : exportNotes(result, this.look(process.stderr));
    if (notes !== '') this.note(notes);
  }
}
