import {Args} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';

const KINDS = ['project', 'stack', 'template', 'workload'] as const;

export default class Schema extends EngineCommand {
  static override summary = 'Print the JSON Schema of what people write, for completion in editors.';
  static override description =
    'Editors with a YAML language server read it through a first line such as\n# yaml-language-server: $schema=stack.json';
  static override examples = [
    '<%= config.bin %> <%= command.id %> stack > stack.json',
    '<%= config.bin %> <%= command.id %> project',
  ];
  static override args = {
    kind: Args.string({description: 'Kind of document.', options: KINDS, default: 'stack'}),
  };

  async run(): Promise<void> {
    const {args} = await this.parse(Schema);
    const {jsonSchema} = await import('../engine/spec/index.ts');
    const schema = jsonSchema(args.kind as (typeof KINDS)[number]);
    await this.show(schema, {text: value => JSON.stringify(value, null, 2)});
  }
}
