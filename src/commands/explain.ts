import {Args} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {fieldView} from '../engine/view/spec-view.ts';

export default class Explain extends EngineCommand {
  static override summary = 'Explain a field of the files: type, default, allowed values, fields below it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> services.backend.update',
    '<%= config.bin %> <%= command.id %> hosts.h1',
    '<%= config.bin %> <%= command.id %> template.params --json',
  ];
  static override args = {
    path: Args.string({
      description: 'Dotted path; project, stack, template or workload in front says which document.',
      default: 'stack',
    }),
  };

  async run(): Promise<void> {
    const {args} = await this.parse(Explain);
    const {explainField} = await import('../engine/spec/index.ts');
    await this.show(explainField(args.path), fieldView);
  }
}
