import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredHostArg} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {hostView} from '../../engine/view/hosts-view.ts';

export default class HostInspect extends EngineCommand {
  static override summary = 'Show what a host is: system, sizes, containerd, plugins, ports in use.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> h1',
    '<%= config.bin %> <%= command.id %> h1 --json',
  ];
  static override args = {host: requiredHostArg};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(HostInspect);
    const {hosts, ssh} = await openOnlyProject(flags, this.context());
    const {inspectHost} = await import('../../engine/list-hosts.ts');
    await this.show(await inspectHost(hosts, args.host, {ssh, signal: this.signal}), hostView);
  }
}
