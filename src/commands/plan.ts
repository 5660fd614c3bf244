import {Flags, type Interfaces} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {
  detailedExitCodeFlag,
  lockedFlag,
  outFlag,
  projectFlags,
  pullFlag,
  stackFlags,
  targetFlag,
} from '../cli/flags.ts';
import {formatFlag} from '../cli/format.ts';
import {tellGitHubOfPlan} from '../cli/github-plan.ts';
import {hostFlags, maxUnreachable, moveLostFlag} from '../cli/host-limits.ts';
import {openStack} from '../cli/open.ts';
import {planThrough} from '../cli/served/plan-through.ts';
import {servedStackFlags} from '../cli/served/served-flags.ts';
import {savePlan} from '../engine/saved-plan.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {commandsView} from '../engine/view/commands-view.ts';
import {planMarkdown} from '../engine/view/plan-markdown.ts';
import {planView} from '../engine/view/plan-view.ts';

export default class Plan extends EngineCommand {
  static override summary = 'Show what apply would change. Changes nothing, on any host, ever.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging -o plan.json',
    '<%= config.bin %> <%= command.id %> --target backend --commands',
    '<%= config.bin %> <%= command.id %> --json --detailed-exitcode',
    '<%= config.bin %> <%= command.id %> --format markdown > comment.md',
  ];
  static override flags = {
    ...stackFlags,
    ...projectFlags,
    ...hostFlags,
    format: formatFlag(['text', 'json', 'github', 'markdown'] as const),
    target: targetFlag,
    out: outFlag,
    'detailed-exitcode': detailedExitCodeFlag,
    pull: pullFlag,
    locked: lockedFlag,
    'move-lost': moveLostFlag,
    ...servedStackFlags,
    commands: Flags.boolean({summary: 'Show the exact commands for each host instead.', default: false}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Plan);
    const {plan, commands, places} = flags.server
      ? await planThrough(flags, {context: this.context(), signal: this.signal, note: text => this.note(text)})
      : await this.#planned(flags);
    if (flags.out !== undefined) await savePlan(plan, {...flags, moveLost: flags['move-lost']}, flags.out);
    if (commands) await this.show(commands(), commandsView);
    else if (this.format === 'markdown') await this.line(planMarkdown(plan));
    else await this.show(plan, planView);
    if (this.speaksToGitHub) tellGitHubOfPlan(plan, places);
    this.exitWith(flags['detailed-exitcode'] && plan.operations.length > 0 ? Exit.changes : Exit.ok);
  }

  async #planned(flags: PlanFlags) {
    const session = await openStack(flags, this.context());
    const {planStack} = await import('../engine/plan-stack.ts');
    const {plan, commands} = await planStack(session, {
      targets: flags.target,
      pull: flags.pull,
      locked: flags.locked,
      maxUnreachable: maxUnreachable(flags, session),
      moveLost: flags['move-lost'],
      purpose: 'apply',
      signal: this.signal,
      now: () => new Date(),
    });
    return {plan, places: session.places, ...(flags.commands && {commands})};
  }
}

type PlanFlags = Interfaces.InferredFlags<typeof Plan.flags>;
