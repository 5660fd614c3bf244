import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {detailedExitCodeFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import {environmentDiffView} from '../../engine/view/env-changes-view.ts';

export default class EnvDiff extends EngineCommand {
  static override summary = 'Show field by field what differs between two environments as they were applied last.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> staging production',
    '<%= config.bin %> <%= command.id %> staging production --json',
  ];
  static override args = {
    left: Args.string({description: 'One environment.', required: true}),
    right: Args.string({description: 'The other one.', required: true}),
  };
  static override flags = {...projectFlags, 'detailed-exitcode': detailedExitCodeFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvDiff);
    const session = await openOnlyProject(flags, this.context());
    const {diffEnvironments} = await import('../../engine/diff-environments.ts');
    const difference = await diffEnvironments(session, args.left, args.right);
    await this.show(difference, environmentDiffView);
    this.exitWith(flags['detailed-exitcode'] && difference.differences.length > 0 ? Exit.changes : Exit.ok);
  }
}
