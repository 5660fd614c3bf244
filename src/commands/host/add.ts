import {Args, Flags} from '@oclif/core';
import {confirmChange} from '../../cli/confirm.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, yesFlag} from '../../cli/flags.ts';
import {hostFields} from '../../cli/host-fields.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {addedHostView} from '../../engine/view/host-changes-view.ts';

export default class HostAdd extends EngineCommand {
  static override summary = 'Add a host to niyanta.yaml, with its host key pinned.';
  static override description =
    "Shows the host's key and asks whether it is the right one, unless --fingerprint says it or known_hosts has it; " +
    'then logs in and writes niyanta.yaml. Nothing is sent before the key is agreed to, and nothing written when ' +
    'logging in fails. Without an address, the key of a host that is there is pinned anew.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> h1 10.0.0.11',
    '<%= config.bin %> <%= command.id %> h2 10.0.0.12 --user deploy --sudo --identity-file ~/.ssh/id_ed25519 --label disk=ssd',
    '<%= config.bin %> <%= command.id %> h3 h3.example --fingerprint SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG',
    '<%= config.bin %> <%= command.id %> me --local',
  ];
  static override args = {
    name: Args.string({description: 'Name of the host in the project.', required: true}),
    address: Args.string({description: 'Name, IPv4 or IPv6 address, or a Host of ~/.ssh/config.'}),
  };
  static override flags = {
    ...projectFlags,
    local: Flags.boolean({summary: 'This machine, without SSH.', default: false}),
    user: Flags.string({char: 'u', summary: 'User to log in as.', helpValue: 'USER'}),
    port: Flags.integer({char: 'p', summary: 'Port of sshd.', helpValue: 'PORT', min: 1, max: 65535}),
    'identity-file': Flags.string({char: 'i', summary: 'Private key.', helpValue: 'FILE'}),
    'proxy-jump': Flags.string({char: 'J', summary: 'Host to go through, as ssh -J takes it.', helpValue: 'HOST'}),
    sudo: Flags.boolean({summary: 'Becomes root with sudo, without a password.', default: false}),
    label: Flags.string({
      summary: 'Label for placement; may repeat.',
      helpValue: 'NAME=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    region: Flags.string({summary: 'Region, for placement.', helpValue: 'NAME'}),
    fingerprint: Flags.string({summary: 'The host key that is expected; any other is refused.', helpValue: 'SHA256:…'}),
    yes: yesFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(HostAdd);
    const context = this.context();
    const {project, ssh} = await openOnlyProject(flags, context);
    const {addHost} = await import('../../engine/add-host.ts');
    const added = await addHost(
      project,
      {name: args.name, fields: hostFields(args.address, flags, context.cwd), fingerprint: flags.fingerprint},
      {
        ssh,
        signal: this.signal,
        confirmKey: async ({fingerprint, type}, host) => {
          if (flags.yes) this.note(`${host.name}: taking its host key ${fingerprint} (${type}) unseen, as --yes says`);
          const question = `The host key of ${host.name} (${host.address}) is ${fingerprint} (${type}). Is it the right one?`;
          await confirmChange({question, yes: flags.yes}, context);
        },
      },
    );
    await this.show(added, addedHostView);
  }
}
