import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {environmentView} from '../../engine/view/env-view.ts';

export default class EnvShow extends EngineCommand {
  static override summary = 'Show one environment: its condition and why, its services, its subnets.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> staging',
    '<%= config.bin %> <%= command.id %> staging --json',
  ];
  static override args = {
    environment: Args.string({description: 'Environment of the stack.', default: 'default'}),
  };
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvShow);
    const session = await openOnlyProject({...flags, env: args.environment}, this.context());
    const {showEnvironment} = await import('../../engine/list-environments.ts');
    await this.show(await showEnvironment(session, {now: () => new Date(), signal: this.signal}), environmentView);
  }
}
