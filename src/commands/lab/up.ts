import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabUp extends EngineCommand {
  static override summary = 'Start throw-away hosts on this machine: real sshd, real containerd.';
  static override description =
    'Needs Linux and root. The first time it makes a Debian root file system from the mirror that apt uses here and ' +
    'keeps it in ~/.cache/niyanta. A lab that is there is switched on again. ' +
    'bookworm has containerd 1.6, trixie 1.7, sid 2.x.';
  static override examples = [
    '<%= config.bin %> lab up --hosts 3',
    '<%= config.bin %> lab up --hosts 3 --release mixed --name mixed',
    '<%= config.bin %> lab up --hosts 1 --systemd --bare --name prepare',
  ];
  static override flags = {
    name: labNameFlag,
    hosts: Flags.integer({summary: 'How many hosts: h1, h2, …', helpValue: 'N', default: 3, min: 1}),
    release: Flags.string({
      summary: 'Debian release: bookworm, trixie, sid, mixed (one of each in turn), or one for each host by commas.',
      helpValue: 'RELEASE',
      default: 'bookworm',
    }),
    systemd: Flags.boolean({summary: 'Boot systemd in the hosts.', default: false}),
    bare: Flags.boolean({summary: 'Without containerd, for trying host prepare.', default: false}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(LabUp);
    const [{labUp, labStatus, parseReleases}, {labUpView}, name] = await Promise.all([
      import('../../engine/lab/index.ts'),
      import('../../engine/view/lab-view.ts'),
      labName(flags.name, process.cwd()),
    ]);
    const lab = await labUp({
      name,
      hosts: flags.hosts,
      release: parseReleases(flags.release),
      systemd: flags.systemd,
      prepared: !flags.bare,
      onProgress: text => this.note(text),
    });
    await this.show(labStatus(lab), labUpView);
  }
}
