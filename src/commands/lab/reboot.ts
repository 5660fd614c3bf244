import {EngineCommand} from '../../cli/engine-command.ts';
import {labHostArg, labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabReboot extends EngineCommand {
  static override summary = 'Switch a host off and on.';
  static override description =
    'Without a shutdown, as by the power button. Also switches on a host that was killed. Returns when it answers.';
  static override examples = ['<%= config.bin %> lab reboot h1', '<%= config.bin %> lab reboot h2 --name shop'];
  static override args = {host: labHostArg};
  static override flags = {name: labNameFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(LabReboot);
    const {labReboot} = await import('../../engine/lab/index.ts');
    const lab = await labName(flags.name, process.cwd());
    await labReboot(lab, args.host);
    await this.show({lab, host: args.host, state: 'running'}, {text: ({host}) => `${host} is running`});
  }
}
