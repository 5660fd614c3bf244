import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {importNotes, importView} from '../../engine/view/import-view.ts';

export default class ImportCompose extends EngineCommand {
  static override summary = 'Turn a Compose file into a stack, and list what could not be carried over.';
  static override description =
    'Prints the stack, or writes it with -o; what became of keys that a stack does not have stands on standard ' +
    'error, with line and reason. Several files are merged as Compose does. Comments are kept where their key is.';
  static override usage = 'import compose [FILE...] [-o stack.yaml] [--secrets] [--profile NAME]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> docker-compose.yml -o stack.yaml',
    '<%= config.bin %> <%= command.id %> compose.yaml compose.override.yaml --secrets',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({description: 'Compose files, later over earlier; compose.yaml or its kin when not given.'}),
  };
  static override flags = {
    out: Flags.string({char: 'o', summary: 'Write the stack to this file.', helpValue: 'FILE'}),
    force: Flags.boolean({summary: 'Write over a file that exists.', default: false}),
    secrets: Flags.boolean({summary: 'Turn what looks like a password into ${secret:NAME}.', default: false}),
    profile: Flags.string({
      summary: 'Bring the services of this profile along; may repeat.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(ImportCompose);
    const {importComposeFiles} = await import('../../engine/import-compose.ts');
    const {cwd, env} = this.context();
    const {out, force, secrets} = flags;
    const wish = {cwd, files: argv.map(String), out, force, secrets, profiles: flags.profile ?? [], env};
    const result = await importComposeFiles(wish);
    await this.show(result, importView);
    if (this.json) return;
    const notes = importNotes(result, this.look(process.stderr), secrets);
    if (notes !== '') this.note(notes);
  }
}
