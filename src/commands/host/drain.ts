import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredHostArg} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class HostDrain extends EngineCommand {
  static override summary = 'Place nothing new on a host; the next apply empties it.';
  static override description = 'Written to niyanta.yaml (drain: true); no host is asked.';
  static override examples = ['<%= config.bin %> <%= command.id %> h2'];
  static override args = {host: requiredHostArg};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(HostDrain);
    const context = this.context();
    const opened = await openOnlyProject(flags, context);
    const {drainHost} = await import('../../engine/drain-host.ts');
    const end = await drainHost(opened, args.host, {drain: true, env: context.env});
    const text = `${end.host} is ${end.changed ? '' : 'already '}drained: nothing new is placed there. To move what runs there: niyanta apply`;
    await this.show(end, {text: () => text});
  }
}
