import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {durationFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {extendedView} from '../../engine/view/env-changes-view.ts';

export default class EnvExtend extends EngineCommand {
  static override summary = 'Give an environment a longer life, counted from now.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> preview-42',
    '<%= config.bin %> <%= command.id %> preview-42 --expires 7d',
    '<%= config.bin %> <%= command.id %> preview-42 --never',
  ];
  static override args = {environment: Args.string({description: 'Environment of the stack.', required: true})};
  static override flags = {
    ...projectFlags,
    expires: durationFlag({summary: 'How long it lives, from now and after each apply; as before when not given.'}),
    never: Flags.boolean({summary: 'It does not expire.', default: false, exclusive: ['expires']}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvExtend);
    const session = await openOnlyProject({...flags, env: args.environment}, this.context());
    const {extendEnvironment} = await import('../../engine/extend-environment.ts');
    const asked = {lifetimeMs: flags.expires, never: flags.never, now: new Date()};
    await this.show(await extendEnvironment(session, asked), extendedView);
  }
}
