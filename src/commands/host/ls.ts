import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {hostsView} from '../../engine/view/hosts-view.ts';

export default class HostLs extends EngineCommand {
  static override summary = 'List the hosts of the project, and how they are.';
  static override description = 'Asks each host; one that does not answer is listed with the reason. Changes nothing.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(HostLs);
    const {hosts, ssh} = await openOnlyProject(flags, this.context());
    const {listHosts} = await import('../../engine/list-hosts.ts');
    await this.show(await listHosts(hosts, {ssh, signal: this.signal}), hostsView);
  }
}
