import {Args, Flags} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../../cli/change-command.ts';
import {lockWaitFlag, onFailureFlag, projectFlags, stackFlags, yesFlag} from '../../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../../cli/host-limits.ts';
import {openStack, stackChoice} from '../../cli/open.ts';

export default class EnvPromote extends ChangeCommand {
  static override summary = 'Apply to one environment the images that run in another, by digest; all else is its own.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> staging --to production',
    '<%= config.bin %> <%= command.id %> staging --to production --yes',
  ];
  static override args = {environment: Args.string({description: 'What is promoted.', required: true})};
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    file: stackFlags.file,
    param: stackFlags.param,
    to: Flags.string({summary: 'Environment that gets it.', helpValue: 'NAME', required: true}),
    force: Flags.boolean({summary: 'Although it is not healthy, or the files have moved on.', default: false}),
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    'on-failure': onFailureFlag,
    ...hostLimitFlags,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvPromote);
    const context = this.context();
    const session = await openStack({...flags, env: flags.to}, context);
    const {promoteEnvironment} = await import('../../engine/promote-environment.ts');
    const {readFiles} = await import('../../engine/open-project.ts');
    const from = args.environment;
    const next = [`niyanta ps --env ${flags.to}`, `niyanta rollback --env ${flags.to}`];
    await this.change(session, {question: `Promote ${from} to`, yes: flags.yes, next}, hooks =>
      promoteEnvironment(session, {
        ...hooks,
        from,
        fromFiles: async () => (await readFiles(stackChoice({...flags, env: from}, context))).stack,
        force: flags.force,
        ...hostLimits(flags, session),
        lockWaitMs: flags['lock-wait'],
        onFailure: flags['on-failure'],
        keepFailed: false,
      }),
    );
  }
}
