import {text} from 'node:stream/consumers';
import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {ownEnvironmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class SecretImport extends EngineCommand {
  static override summary = 'Take over all secrets of a file: an env file, or .niyanta/secrets.yaml.';
  static override description =
    'All of them or none. Names that have a value already are refused, unless told to overwrite them. The file is left ' +
    'where it is: what stands in .niyanta/secrets.yaml goes on to win on this machine until you remove it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> .niyanta/secrets.yaml',
    '<%= config.bin %> <%= command.id %> production.env --env production --overwrite',
  ];
  static override args = {
    file: Args.string({description: 'NAME=value lines, or YAML by its ending; - is standard input.', required: true}),
  };
  static override flags = {
    ...projectFlags,
    env: ownEnvironmentFlag,
    overwrite: Flags.boolean({summary: 'Replace values that are there.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretImport);
    const {env, overwrite, ...project} = flags;
    const session = await openOnlyProject(project, this.context());
    const {importSecrets} = await import('../../engine/import-secrets.ts');
    const {importedView} = await import('../../engine/view/secrets-view.ts');
    const stdin = () => text(process.stdin);
    const environment = env === undefined ? {} : {environment: env};
    await this.show(await importSecrets(session, {file: args.file, stdin, overwrite, ...environment}), importedView);
  }
}
