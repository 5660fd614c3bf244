import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../cli/flags.ts';
import {openOnlyProject, openStack} from '../cli/open.ts';
import {diffView} from '../engine/view/diff-view.ts';

export default class Diff extends EngineCommand {
  static override summary = 'Compare the stack that was applied with what the files say now, as a unified diff.';
  static override description =
    'Or two serials of the history. Asks no host: what would be changed there, plan says. Prints nothing when both ' +
    'are the same. Secrets stand as ${secret:NAME}.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --from 12',
    '<%= config.bin %> <%= command.id %> --from 12 --to 15 --env staging',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    ...stackFlags,
    ...projectFlags,
    from: Flags.integer({summary: 'Serial to compare; the last applied when not given.', helpValue: 'SERIAL', min: 1}),
    to: Flags.integer({summary: 'Serial to compare it with; the files when not given.', helpValue: 'SERIAL', min: 1}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Diff);
    const session = await openOnlyProject(flags, this.context());
    const {diffStack} = await import('../engine/diff-stack.ts');
    const files = async () => (await openStack(flags, this.context())).stack;
    await this.show(await diffStack(session, {from: flags.from, to: flags.to, files}), diffView);
  }
}
