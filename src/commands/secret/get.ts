import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {UserError} from '../../engine/spec/errors.ts';
import {secretBytes} from '../../engine/state/secret-value.ts';

export default class SecretGet extends EngineCommand {
  static override summary = 'Print the value of a secret, as an environment has it.';
  static override description =
    'Exactly the value goes to standard output: no line break is added unless it is a terminal.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> db_password',
    '<%= config.bin %> <%= command.id %> keystore --env staging > keystore.p12',
  ];
  static override args = {name: Args.string({description: 'Name, as in ${secret:NAME}.', required: true})};
  static override flags = {...projectFlags, env: environmentFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretGet);
    const {secrets} = await openOnlyProject(flags, this.context());
    const value = (await secrets.values([args.name])).get(args.name)!;
    const bytes = Buffer.from(secretBytes(value));
    const text = typeof value === 'string';
    if (this.json) {
      const shown = text ? {value, encoding: 'utf8'} : {value: bytes.toString('base64'), encoding: 'base64'};
      return this.jsonLine({name: args.name, ...shown});
    }
    if (!text && process.stdout.isTTY)
      throw new UserError({
        code: 'secret-not-text',
        message: `the secret ${args.name} is not text (${bytes.length} bytes), which a terminal cannot show`,
        hint: 'Redirect it to a file, or add --json for base64.',
      });
    process.stdout.write(process.stdout.isTTY ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes);
  }
}
