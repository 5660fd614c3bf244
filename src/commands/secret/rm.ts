import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {ownEnvironmentFlag, projectFlags, stackFlags} from '../../cli/flags.ts';
import {openOnlyProject, stackChoice} from '../../cli/open.ts';

export default class SecretRm extends EngineCommand {
  static override summary = 'Remove a secret that nobody refers to any more.';
  static override description =
    'Refused while a service of the stack files here, or of an environment in the state, refers to it; with --force it ' +
    'is removed all the same: what runs goes on with its value, and the next plan says what is missing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> old_token',
    '<%= config.bin %> <%= command.id %> db_password --env staging',
  ];
  static override args = {name: Args.string({description: 'Name, as in ${secret:NAME}.', required: true})};
  static override flags = {
    ...projectFlags,
    file: stackFlags.file,
    env: ownEnvironmentFlag,
    force: Flags.boolean({summary: 'Remove it even though it is used.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretRm);
    const {env, force, ...stack} = flags;
    const session = await openOnlyProject(stack, this.context());
    const {removeSecret} = await import('../../engine/remove-secret.ts');
    const {removedView} = await import('../../engine/view/secrets-view.ts');
    const entry = {name: args.name, ...(env === undefined ? {} : {environment: env})};
    const choice = stackChoice(stack, this.context());
    await this.show(await removeSecret(session, choice, entry, {force}), removedView);
  }
}
