import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, intervalFlag, projectFlags, replicasArg} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {figuresView} from '../engine/view/figures-view.ts';

export default class Top extends EngineCommand {
  static override summary = 'Watch what replicas on all hosts use: CPU, memory, restarts, and the log of one.';
  static override description =
    'A screen that is renewed every two seconds; ? shows the keys, q leaves. CPU is counted between two looks, in ' +
    'percent of one core. Without a terminal, and with --json, it looks once, as stats does.';
  static override usage = 'top [SERVICE[/REPLICA]...] [--env NAME] [--interval DURATION]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend --interval 5s',
  ];
  static override strict = false;
  static override args = {service: replicasArg};
  static override flags = {
    ...projectFlags,
    env: environmentFlag,
    interval: intervalFlag,
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Top);
    const session = await openOnlyProject(flags, this.context());
    const {withFigures} = await import('../engine/watch-figures.ts');
    const intervalMs = Math.max(500, flags.interval);
    const options = {services: argv.map(String), intervalMs, now: () => new Date(), signal: this.signal};
    await withFigures(session, options, async source => {
      const {stdin, stdout} = process;
      if (stdin.isTTY && stdout.isTTY && !this.json && process.env.TERM !== 'dumb') {
        const {showTop} = await import('../engine/view/top-screen.ts');
        return showTop({source, look: () => this.look(), signal: this.signal, stdin, stdout});
      }
      for await (const round of source.rounds) return this.show(round, figuresView);
    });
  }
}
