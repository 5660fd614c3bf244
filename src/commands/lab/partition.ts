import {EngineCommand} from '../../cli/engine-command.ts';
import {labHostArg, labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabPartition extends EngineCommand {
  static override summary = "Unplug a host's network cable.";
  static override description =
    'The host goes on running, and stays unplugged over a reboot. lab heal plugs it in again.';
  static override examples = ['<%= config.bin %> lab partition h1', '<%= config.bin %> lab partition h2 --name shop'];
  static override args = {host: labHostArg};
  static override flags = {name: labNameFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(LabPartition);
    const {labPartition} = await import('../../engine/lab/index.ts');
    const lab = await labName(flags.name, process.cwd());
    await labPartition(lab, args.host);
    await this.show({lab, host: args.host, state: 'partitioned'}, {text: ({host}) => `${host} is unplugged`});
  }
}
