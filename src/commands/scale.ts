import {Args} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../cli/change-command.ts';
import {environmentFlag, lockWaitFlag, onFailureFlag, projectFlags, yesFlag} from '../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../cli/host-limits.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';
import {wordsOf} from '../cli/words.ts';
import {parseReplicaCounts} from '../engine/spec/replica-counts.ts';

export default class Scale extends ChangeCommand {
  static override summary = 'Give services another number of replicas, until the next apply says otherwise.';
  static override description =
    'Works on what was applied last, with its images, whatever the files say now: only how many replicas these services ' +
    'have changes. The next apply goes by the file again, and its plan says so.';
  static override usage = 'scale SERVICE=N... [--env NAME] [--yes]';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %> web=5',
    '<%= config.bin %> <%= command.id %> web=5 worker=0 --env staging --yes',
    '<%= config.bin %> <%= command.id %> web=3 --yes --json',
  ];
  static override args = {
    service: Args.string({description: 'SERVICE=N: a service and its number of replicas.', required: true}),
  };
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    ...servedFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    'on-failure': onFailureFlag,
    ...hostLimitFlags,
  };

  async run(): Promise<void> {
    const {flags, raw} = await this.parse(Scale);
    const counts = parseReplicaCounts(wordsOf(raw));
    const {scaleServices} = await import('../engine/scale-services.ts');
    const words = {question: 'Scale', yes: flags.yes, next: ['niyanta ps', 'niyanta history']};
    const served = await servedEnvironment(flags, this.context(), this.signal);
    if (served) return this.change(served.subject, words, hooks => served.scale(counts, hooks));
    const session = await openOnlyProject(flags, this.context());
    await this.change(session, words, hooks =>
      scaleServices(session, {
        ...hooks,
        counts,
        ...hostLimits(flags, session),
        lockWaitMs: flags['lock-wait'],
        onFailure: flags['on-failure'],
        keepFailed: false,
      }),
    );
  }
}
