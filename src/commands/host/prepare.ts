import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredHostArg} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import {preparedView} from '../../engine/view/host-changes-view.ts';

export default class HostPrepare extends EngineCommand {
  static override summary = "Install what hosts need: containerd, runc, CNI plugins, iptables, niyanta's own scripts.";
  static override description =
    'Through apt; dnf and apk are written but untried. Says what it did; what is there already stays as it is, ' +
    "containerd's config.toml too. Without a name, every host of the project is prepared.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> h1 h2',
    '<%= config.bin %> <%= command.id %> h1 --json',
  ];
  static override strict = false;
  static override args = {
    host: {...requiredHostArg, required: false, description: 'Hosts of the project; all of them when none is named.'},
  };
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(HostPrepare);
    const {hosts, ssh} = await openOnlyProject(flags, this.context());
    const {prepareHosts} = await import('../../engine/prepare-host.ts');
    const {namedHosts} = await import('../../engine/named-host.ts');
    const prepared = await prepareHosts(namedHosts(hosts, argv as string[]), {
      ssh,
      signal: this.signal,
      onProgress: (host, text) => this.note(`${host}: ${text}`),
    });
    await this.show(prepared, preparedView);
    this.exitWith(prepared.some(({error}) => error) ? Exit.failed : Exit.ok);
  }
}
