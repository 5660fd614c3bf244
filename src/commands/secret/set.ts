import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {ownEnvironmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject, stackChoice} from '../../cli/open.ts';
import {readSecret} from '../../cli/read-secret.ts';

export default class SecretSet extends EngineCommand {
  static override summary = 'Keep a secret: encrypted, or in .niyanta/secrets.yaml until that is begun.';
  static override description =
    'The value is asked for, or read from standard input; never an argument, which others on this machine could see. ' +
    'One line break at its end is left out; a --file is taken as it is, text or not. It is encrypted once ' +
    '`niyanta secret init` has begun that; else it is kept on this machine (mode 0600, ignored by git).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> db_password',
    'openssl rand -hex 16 | <%= config.bin %> <%= command.id %> db_password --env staging',
    '<%= config.bin %> <%= command.id %> tls_key --file shop.key',
  ];
  static override args = {name: Args.string({description: 'Name, as in ${secret:NAME}.', required: true})};
  static override flags = {
    ...projectFlags,
    file: Flags.string({summary: 'Take the value from this file.', helpValue: 'FILE'}),
    env: ownEnvironmentFlag,
    here: Flags.boolean({summary: 'On this machine alone, in .niyanta/secrets.yaml.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretSet);
    const {file, here, env, ...project} = flags;
    const session = await openOnlyProject(project, this.context());
    const {keepSecret} = await import('../../engine/keep-secret.ts');
    const {secretUsers} = await import('../../engine/secret-users.ts');
    const {keptView} = await import('../../engine/view/secrets-view.ts');
    const entry = {name: args.name, ...(env === undefined ? {} : {environment: env})};
    const kept = await keepSecret(session, entry, await readSecret(args.name, file), {here});
    const users = await secretUsers(session, stackChoice(project, this.context()), args.name, env);
    await this.show({...kept, ...users}, keptView);
  }
}
