import {EngineCommand} from '../../cli/engine-command.ts';
import {labHostArg, labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabHeal extends EngineCommand {
  static override summary = "Plug a host's network cable in again.";
  static override description = 'The end of lab partition.';
  static override examples = ['<%= config.bin %> lab heal h1', '<%= config.bin %> lab heal h2 --name shop'];
  static override args = {host: labHostArg};
  static override flags = {name: labNameFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(LabHeal);
    const {labHeal} = await import('../../engine/lab/index.ts');
    const lab = await labName(flags.name, process.cwd());
    await labHeal(lab, args.host);
    await this.show({lab, host: args.host, state: 'running'}, {text: ({host}) => `${host} is plugged in`});
  }
}
