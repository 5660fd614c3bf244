import {Flags} from '@oclif/core';
import {confirmChange} from '../cli/confirm.ts';
import {EngineCommand} from '../cli/engine-command.ts';
import {durationFlag, lockWaitFlag, projectFlags, yesFlag} from '../cli/flags.ts';
import {hostFlags, maxUnreachable} from '../cli/host-limits.ts';
import {openOnlyProject} from '../cli/open.ts';
import {waitingHooks} from '../cli/waiting.ts';
import type {GcPlan} from '../engine/planner/gc/gc-plan.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {gcEndView, gcPlanView, removedLines} from '../engine/view/gc-view.ts';

export default class Gc extends EngineCommand {
  static override summary = 'Remove from the hosts what no state knows: containers, networks, files, images.';
  static override description =
    'Shows a plan first. Images stay as images.keep of niyanta.yaml says, volumes with data until they are named.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run --json',
    '<%= config.bin %> <%= command.id %> --images --yes',
    '<%= config.bin %> <%= command.id %> --volumes preview-42',
  ];
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    'older-than': durationFlag({
      summary: 'Leave what is younger: it may just be being made.',
      default: 3_600_000,
      defaultHelp: async () => '1h',
    }),
    images: Flags.boolean({summary: 'Images alone.', default: false}),
    volumes: Flags.string({
      summary: 'Remove the volumes of this environment, which no state knows, with all data in them; may repeat.',
      helpValue: 'ENV[/VOLUME]',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['images'],
    }),
    'dry-run': Flags.boolean({summary: 'Show the plan, and end.', default: false, exclusive: ['yes']}),
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Gc);
    const session = await openOnlyProject(flags, this.context());
    const {collectGarbage, planHousekeeping} = await import('../engine/gc.ts');
    const options = {
      olderThanMs: flags['older-than'],
      only: flags.images ? ('images' as const) : ('all' as const),
      volumes: flags.volumes ?? [],
      keep: session.project.images.keep,
      keepAsideMs: session.project.volumes.keepAside,
      maxUnreachable: maxUnreachable(flags, session),
      now: () => new Date(),
      signal: this.signal,
    };
    if (flags['dry-run']) return this.show(await planHousekeeping(session, options), gcPlanView);
    const end = await collectGarbage(session, {
      ...options,
      lockWaitMs: flags['lock-wait'],
      ...waitingHooks(text => this.note(text)),
      confirm: plan => this.#confirm(plan, flags.yes),
      onRemoved: orphans => {
        if (!this.json) this.note(removedLines(orphans).join('\n'));
      },
    });
    await this.show(end, gcEndView);
    if (end.failed.length > 0) this.exitWith(end.removed.length > 0 ? Exit.partlyApplied : Exit.failed);
  }

  async #confirm(plan: GcPlan, yes: boolean): Promise<void> {
    if (this.json) {
      if (!yes) await this.show(plan, gcPlanView);
    } else this.note(`${gcPlanView.text(plan, this.look(process.stderr))}\n`);
    const named = plan.remove.some(orphan => orphan.kind === 'volume' && !orphan.empty);
    const question = `Remove all of this${named ? ', with the data in the volumes,' : ''} from the hosts?`;
    await confirmChange({question, yes}, this.context());
  }
}
