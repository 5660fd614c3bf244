import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {ownEnvironmentFlag, projectFlags, stackFlags} from '../../cli/flags.ts';
import {openOnlyProject, stackChoice} from '../../cli/open.ts';
import {readSecret} from '../../cli/read-secret.ts';
import type {NewValue} from '../../engine/rotate-secret.ts';

export default class SecretRotate extends EngineCommand {
  static override summary = 'Give a secret another value, and say who restarts for it at the next apply.';
  static override description =
    'Random letters and digits by default; --stdin takes the value from standard input (or asks for it), and a command ' +
    'behind -- prints it.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %> db_password',
    '<%= config.bin %> <%= command.id %> session_key --length 64',
    '<%= config.bin %> <%= command.id %> signing_key -- openssl rand -hex 32',
  ];
  static override args = {name: Args.string({description: 'Name, as in ${secret:NAME}.', required: true})};
  static override flags = {
    ...projectFlags,
    file: stackFlags.file,
    env: ownEnvironmentFlag,
    length: Flags.integer({summary: 'Letters and digits of a random value.', min: 8, max: 4096, default: 32}),
    stdin: Flags.boolean({summary: 'Take the value from standard input, or ask for it.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags, argv} = await this.parse(SecretRotate);
    const {env, length, stdin, ...stack} = flags;
    const session = await openOnlyProject(stack, this.context());
    const {rotateSecret} = await import('../../engine/rotate-secret.ts');
    const {secretUsers} = await import('../../engine/secret-users.ts');
    const {keptView} = await import('../../engine/view/secrets-view.ts');
    const command = argv.slice(1).map(String);
    const value: NewValue = stdin
      ? {kind: 'given', value: await readSecret(args.name)}
      : command.length > 0
        ? {kind: 'command', command}
        : {kind: 'random', length};
    const entry = {name: args.name, ...(env === undefined ? {} : {environment: env})};
    const kept = await rotateSecret(session, entry, value);
    const users = await secretUsers(session, stackChoice(stack, this.context()), args.name, env);
    await this.show({...kept, ...users}, keptView);
  }
}
