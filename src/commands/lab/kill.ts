import {EngineCommand} from '../../cli/engine-command.ts';
import {labHostArg, labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabKill extends EngineCommand {
  static override summary = "Cut a host's power.";
  static override description =
    'Every process of the host dies at once and its network is dead; its disk stays. lab reboot switches it on again.';
  static override examples = ['<%= config.bin %> lab kill h1', '<%= config.bin %> lab kill h2 --name shop'];
  static override args = {host: labHostArg};
  static override flags = {name: labNameFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(LabKill);
    const {labKill} = await import('../../engine/lab/index.ts');
    const lab = await labName(flags.name, process.cwd());
    await labKill(lab, args.host);
    await this.show({lab, host: args.host, state: 'off'}, {text: ({host}) => `${host} is off`});
  }
}
