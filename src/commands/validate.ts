import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../cli/flags.ts';
import {formatFlag} from '../cli/format.ts';
import {stackChoice} from '../cli/open.ts';
import {validationView, workloadsValidationView} from '../engine/view/spec-view.ts';

export default class Validate extends EngineCommand {
  static override summary =
    'Check the project and the stack, or workloads. Tells everything that is wrong, with its place.';
  static override description =
    'Reads files of this machine only; no host is asked. Exits with 64 when something is wrong.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f stack.yaml -f extra.yaml --env staging',
    'cat stack.yaml | <%= config.bin %> <%= command.id %> -f - --json',
    '<%= config.bin %> <%= command.id %> -f workload.yaml',
    '<%= config.bin %> <%= command.id %> --format github',
  ];
  static override flags = {
    ...projectFlags,
    format: formatFlag(['text', 'json', 'github'] as const),
    file: stackFlags.file,
    param: stackFlags.param,
    env: Flags.string({
      char: 'e',
      summary: 'Environment to check; all that the stack declares when not given.',
      helpValue: 'NAME',
      env: 'NIYANTA_ENV',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Validate);
    const {hasWorkloads, withStdinKept} = await import('../engine/read-workload-files.ts');
    const choice = await withStdinKept(stackChoice(flags, this.context()));
    if (await hasWorkloads(choice)) {
      const {validateWorkloads} = await import('../engine/validate-workloads.ts');
      return this.show(await validateWorkloads(choice), workloadsValidationView);
    }
    const {validateStack} = await import('../engine/validate-stack.ts');
    await this.show(await validateStack(choice), validationView);
  }
}
