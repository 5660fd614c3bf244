import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredServiceArg, stackFlags} from '../../cli/flags.ts';
import {hostFlags, maxUnreachable} from '../../cli/host-limits.ts';
import {openStack} from '../../cli/open.ts';
import {placementView} from '../../engine/view/placement-view.ts';

export default class ExplainPlacement extends EngineCommand {
  static override summary = 'Explain where the replicas of a service run, and why not elsewhere. Changes nothing.';
  static override examples = [
    '<%= config.bin %> explain placement backend',
    '<%= config.bin %> explain placement backend --env staging --json',
  ];
  static override args = {service: requiredServiceArg};
  static override flags = {...stackFlags, ...projectFlags, ...hostFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ExplainPlacement);
    const session = await openStack(flags, this.context());
    const {explainPlacement} = await import('../../engine/explain-placement.ts');
    const options = {maxUnreachable: maxUnreachable(flags, session), signal: this.signal, now: () => new Date()};
    await this.show(await explainPlacement(session, args.service, options), placementView);
  }
}
