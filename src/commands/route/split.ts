import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, lockWaitFlag, projectFlags} from '../../cli/flags.ts';
import {hostFlags, maxUnreachable} from '../../cli/host-limits.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {waitingHooks} from '../../cli/waiting.ts';
import {parseSplit} from '../../engine/spec/split-shares.ts';

export default class RouteSplit extends EngineCommand {
  static override summary = 'Split requests between old (blue) and new (green) replicas of an open release.';
  static override description =
    'All proxies acknowledge it, or none changes. --sticky keeps a visitor with the replica that answered first.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %> web blue=90 green=10',
    '<%= config.bin %> <%= command.id %> web old=50 new=50 --sticky',
  ];
  static override args = {
    service: Args.string({description: 'Service with an open release.', required: true}),
    shares: Args.string({description: 'blue=PERCENT green=PERCENT; old and new mean the same.', required: true}),
  };
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    env: environmentFlag,
    'lock-wait': lockWaitFlag,
    sticky: Flags.boolean({summary: 'A visitor stays with the replica that answered first.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags, argv} = await this.parse(RouteSplit);
    const weight = parseSplit(argv.slice(1).map(String));
    const session = await openOnlyProject(flags, this.context());
    const {splitRelease} = await import('../../engine/split-release.ts');
    const {splitView} = await import('../../engine/view/release-view.ts');
    const end = await splitRelease(session, {
      service: args.service,
      weight,
      sticky: flags.sticky,
      lockWaitMs: flags['lock-wait'],
      maxUnreachable: maxUnreachable(flags, session),
      ...waitingHooks(text => this.note(text)),
      now: () => new Date(),
      signal: this.signal,
    });
    await this.show(end, splitView);
  }
}
