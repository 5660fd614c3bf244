import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredHostArg} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class HostUndrain extends EngineCommand {
  static override summary = 'Let a drained host take replicas again.';
  static override description = 'Written to niyanta.yaml (drain: true); no host is asked.';
  static override examples = ['<%= config.bin %> <%= command.id %> h2'];
  static override args = {host: requiredHostArg};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(HostUndrain);
    const context = this.context();
    const opened = await openOnlyProject(flags, context);
    const {drainHost} = await import('../../engine/drain-host.ts');
    const end = await drainHost(opened, args.host, {drain: false, env: context.env});
    const text = `${end.host} ${end.changed ? '' : 'already '}takes replicas again.`;
    await this.show(end, {text: () => text});
  }
}
