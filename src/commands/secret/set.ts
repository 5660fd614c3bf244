import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {readSecret} from '../../cli/read-secret.ts';

export default class SecretSet extends EngineCommand {
  static override summary = 'Keep a secret in .niyanta/secrets.yaml of the project, mode 0600, ignored by git.';
  static override description =
    'The value is asked for, or read from standard input; never an argument, which others on this machine could see. ' +
    'One line break at its end is left out.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> db_password',
    'openssl rand -hex 16 | <%= config.bin %> <%= command.id %> db_password',
  ];
  static override args = {name: Args.string({description: 'Name, as in ${secret:NAME}.', required: true})};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretSet);
    const {project} = await openOnlyProject(flags, this.context());
    const {setSecret} = await import('../../engine/set-secret.ts');
    const {file} = await setSecret(project.directory, args.name, await readSecret(args.name));
    await this.show({name: args.name, file}, {text: () => `set ${args.name} in ${file}`});
  }
}
