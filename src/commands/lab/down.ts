import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {labName, labNameFlag} from '../../cli/lab-flags.ts';

export default class LabDown extends EngineCommand {
  static override summary = 'Remove a lab with all that it has on this machine.';
  static override description =
    'Also one that was left half-made. Nothing to remove is no error. Cached root file systems stay, for the next lab.';
  static override examples = [
    '<%= config.bin %> lab down',
    '<%= config.bin %> lab down --name shop',
    '<%= config.bin %> lab down --all',
  ];
  static override flags = {
    name: labNameFlag,
    all: Flags.boolean({summary: 'Every lab of yours on this machine.', default: false, exclusive: ['name']}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(LabDown);
    const {labDown, labList} = await import('../../engine/lab/index.ts');
    const names = flags.all ? labList().map(lab => lab.name) : [await labName(flags.name, process.cwd())];
    const removed: string[] = [];
    for (const name of names) if (await labDown(name)) removed.push(name);
    await this.show(
      {removed},
      {
        text: () =>
          removed.length > 0 ? `removed ${removed.join(', ')}` : `there is no lab ${names.join(', ')}`.trimEnd(),
      },
    );
  }
}
