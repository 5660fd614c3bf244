import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, intervalFlag, projectFlags, replicasArg} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {figuresView} from '../engine/view/figures-view.ts';

export default class Stats extends EngineCommand {
  static override summary = 'Print what replicas use: CPU, memory, restarts, kills for want of memory.';
  static override description =
    'One script a host and look, from the files of cgroups. JSON has bytes and cores; with -f a line a look, until ' +
    'Ctrl-C (exit code 130).';
  static override usage = 'stats [SERVICE[/REPLICA]...] [--env NAME] [-f] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend db/1 --json',
    '<%= config.bin %> <%= command.id %> -f --interval 10s --json',
  ];
  static override strict = false;
  static override args = {service: replicasArg};
  static override flags = {
    ...projectFlags,
    env: environmentFlag,
    follow: Flags.boolean({char: 'f', summary: 'Look again and again, until Ctrl-C.', default: false}),
    interval: intervalFlag,
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Stats);
    const session = await openOnlyProject(flags, this.context());
    const {withFigures} = await import('../engine/watch-figures.ts');
    const intervalMs = Math.max(500, flags.interval);
    const options = {services: argv.map(String), intervalMs, now: () => new Date(), signal: this.signal};
    await withFigures(session, options, async ({rounds}) => {
      for await (const round of rounds) {
        if (!flags.follow) return this.show(round, figuresView);
        if (this.json) await this.jsonLine(round);
        else await this.line(`${figuresView.text(round, this.look())}\n`);
      }
    });
    if (this.signal.aborted) this.exitWith(Exit.interrupted);
  }
}
