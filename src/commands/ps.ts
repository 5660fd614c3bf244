import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags, replicasArg} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';
import type {ShownReplicas} from '../engine/show-replicas.ts';
import {psView} from '../engine/view/ps-view.ts';

export default class Ps extends EngineCommand {
  static override summary = 'List the replicas that run, where, how well, and what they use.';
  static override description =
    'Asks the hosts, and each health check once. A host that does not answer makes its replicas "unknown". ' +
    'Needs no stack file: what should run is what was applied last.';
  static override usage = 'ps [SERVICE[/REPLICA]...] [--env NAME] [--watch]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend db --env staging',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override strict = false;
  static override args = {service: replicasArg};
  static override flags = {
    ...projectFlags,
    ...servedFlags,
    env: environmentFlag,
    watch: Flags.boolean({char: 'w', summary: 'Look again every two seconds, until q or Ctrl-C.', default: false}),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Ps);
    const services = argv.map(String);
    const served = await servedEnvironment(flags, this.context(), this.signal);
    const onBreak = (why: string) => this.note(`${why}: asked again`);
    if (served && flags.watch) return this.#watch(served.rounds(services, onBreak));
    if (served) return this.show(await served.replicas(services), psView);
    const session = await openOnlyProject(flags, this.context());
    const {showReplicas, withReplicas} = await import('../engine/show-replicas.ts');
    const options = {services, now: () => new Date(), signal: this.signal};
    if (!flags.watch) return this.show(await showReplicas(session, options), psView);
    await withReplicas(session, options, rounds => this.#watch(rounds));
  }

  async #watch(rounds: AsyncIterable<ShownReplicas>): Promise<void> {
    const {stdin, stdout} = process;
    if (stdin.isTTY && stdout.isTTY && !this.json && process.env.TERM !== 'dumb') {
      const {watchPs} = await import('../engine/view/ps-screen.ts');
      return watchPs(rounds, {look: () => this.look(), signal: this.signal, stdin, stdout});
    }
    for await (const round of rounds) {
      if (this.json) await this.jsonLine(round);
      else await this.line(`${psView.text(round, this.look())}\n`);
    }
  }
}
