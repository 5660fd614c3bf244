import {Args, Flags} from '@oclif/core';
import {ChangeCommand, changeFlags} from '../../cli/change-command.ts';
import {confirmChange} from '../../cli/confirm.ts';
import {lockWaitFlag, projectFlags, yesFlag} from '../../cli/flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from '../../cli/host-limits.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {UserError} from '../../engine/spec/errors.ts';
import {Exit, type ExitCode} from '../../engine/spec/exit-codes.ts';

export default class EnvRm extends ChangeCommand {
  static override summary = 'Destroy an environment and forget it, with its history; its volumes only when told.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> preview-42 --volumes',
    '<%= config.bin %> <%= command.id %> --expired --volumes --yes',
  ];
  static override args = {environment: Args.string({description: 'Environment of the stack.'})};
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    expired: Flags.boolean({summary: 'All whose time is over, one after another.', default: false}),
    volumes: Flags.boolean({summary: 'Remove its volumes as well, with all data in them.', default: false}),
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    ...hostLimitFlags,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvRm);
    if (flags.expired === (args.environment !== undefined)) {
      throw new UserError({code: 'usage', message: 'name an environment, or give --expired'});
    }
    const session = await openOnlyProject(flags, this.context());
    const {expiredEnvironments, removeEnvironment} = await import('../../engine/remove-environment.ts');
    const names = args.environment === undefined ? await expiredEnvironments(session, new Date()) : [args.environment];
    if (names.length === 0) this.note('No environment has expired.');
    const codes: ExitCode[] = [];
    for (const environment of names) {
      const one = {...session, environment};
      const question = flags.volumes ? 'Remove and forget, with the data in its volumes,' : 'Remove and forget';
      const code = await this.changeOne(one, {question, yes: flags.yes, next: ['niyanta env ls']}, hooks =>
        removeEnvironment(one, {
          ...hooks,
          volumes: flags.volumes,
          ...hostLimits(flags, session),
          lockWaitMs: flags['lock-wait'],
          confirmForget: name =>
            confirmChange({question: `Forget environment ${name}?`, yes: flags.yes}, this.context()),
          onRemembered: hosts => this.note(`${environment} is remembered until ${hosts.join(', ')} can be reached.`),
        }),
      );
      codes.push(code);
    }
    this.exitWith(codes.find(code => code !== Exit.ok) ?? Exit.ok);
  }
}
