import {Args, Flags} from '@oclif/core';
import {changeFlags} from '../cli/change-command.ts';
import {
  lockedFlag,
  lockWaitFlag,
  onFailureFlag,
  projectFlags,
  pullFlag,
  stackFlags,
  targetFlag,
  yesFlag,
} from '../cli/flags.ts';
import {goOnFlags} from '../cli/go-on-command.ts';
import {hostFlags, hostLimitFlags, hostLimits, moveLostFlag} from '../cli/host-limits.ts';
import {openStack} from '../cli/open.ts';
import {ServedApplyCommand} from '../cli/served/served-apply-command.ts';
import {servedStackFlags} from '../cli/served/served-flags.ts';
import {loadPlan} from '../engine/saved-plan.ts';

export default class Apply extends ServedApplyCommand {
  static override summary = 'Make the hosts run what the stack says, after showing the plan.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> plan.json --yes',
    '<%= config.bin %> <%= command.id %> --env staging --param tag=1.5',
    '<%= config.bin %> <%= command.id %> --yes --locked --lock-wait 60s --report report.json',
    '<%= config.bin %> <%= command.id %> --resume',
    '<%= config.bin %> <%= command.id %> --server http://127.0.0.1:8460',
  ];
  static override args = {
    plan: Args.string({description: 'A plan saved by plan -o; a run, with --resume and --undo.'}),
  };
  static override flags = {
    ...stackFlags,
    ...projectFlags,
    ...hostFlags,
    ...changeFlags,
    target: targetFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
    'on-failure': onFailureFlag,
    'keep-failed': Flags.boolean({summary: 'Leave what failed on its host, stopped.', default: false}),
    pull: pullFlag,
    locked: lockedFlag,
    'move-lost': moveLostFlag,
    ...goOnFlags,
    ...hostLimitFlags,
    ...servedStackFlags,
  };

  async run(): Promise<void> {
    const {flags, args} = await this.parse(Apply);
    if (flags.server) return this.applyThrough(flags, args.plan);
    if (flags.resume) return this.resume(flags, args.plan);
    if (flags.undo) return this.undo(flags, args.plan);
    const saved = args.plan === undefined ? undefined : await loadPlan(args.plan);
    const session = await openStack({...flags, ...saved?.request}, this.context());
    const {applyStack} = await import('../engine/apply-stack.ts');
    const next = [
      `niyanta ps${session.environment === 'default' ? '' : ` --env ${session.environment}`}`,
      'niyanta logs -f',
      'niyanta history',
    ];
    await this.change(session, {question: 'Apply this plan to', yes: flags.yes, next}, hooks =>
      applyStack(session, {
        ...hooks,
        purpose: 'apply',
        saved: saved?.plan,
        targets: saved ? saved.request.target : flags.target,
        pull: saved?.request.pull ?? flags.pull,
        locked: saved?.request.locked ?? flags.locked,
        ...hostLimits(flags, session),
        moveLost: saved?.request.moveLost ?? flags['move-lost'],
        lockWaitMs: flags['lock-wait'],
        onFailure: flags['on-failure'],
        keepFailed: flags['keep-failed'],
      }),
    );
  }
}
