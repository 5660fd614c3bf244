import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../cli/flags.ts';
import {liveEvents} from '../cli/live-events.ts';
import {openOnlyProject} from '../cli/open.ts';
import {Exit} from '../engine/spec/exit-codes.ts';

export default class Events extends EngineCommand {
  static override summary =
    'Replay what an apply did, step by step; or follow what happens now, to replicas on all hosts too.';
  static override description =
    'From the journal that is kept with the state: also after the command that wrote it was killed, and from every ' +
    'machine that shares the state. The newest 20 runs of an environment are kept. With --json, the lines that ' +
    'apply --json printed, but for mere progress, after one that says what was going to be done. -f without a run ' +
    'goes on until Ctrl-C with whatever happens: replicas that start, end (exit code, out of memory) and start again, ' +
    'on all hosts, and what runs do; -f with a run goes on until that run ends.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %> 1a2b3c --json',
    '<%= config.bin %> <%= command.id %> -f --env staging',
    '<%= config.bin %> <%= command.id %> last -f',
  ];
  static override args = {
    run: Args.string({
      description: 'Id of a run, or the beginning or end of it, or last: the newest, also when not given.',
    }),
  };
  static override flags = {
    ...projectFlags,
    env: environmentFlag,
    list: Flags.boolean({char: 'l', summary: 'List the runs instead: when, who, what, how far.', default: false}),
    follow: Flags.boolean({
      char: 'f',
      summary: 'Go on with what happens: to the run that is named, or to all replicas and runs.',
      default: false,
      exclusive: ['list'],
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Events);
    const session = await openOnlyProject(flags, this.context());
    const {listRuns, replayRun} = await import('../engine/replay-run.ts');
    const {ReplayWriter, recordJson, runsView, standText} = await import('../engine/view/replay-view.ts');
    if (flags.list) return this.show(await listRuns(session), runsView);
    if (flags.follow && args.run === undefined) {
      await liveEvents(session, {look: this.look(), json: this.json, signal: this.signal});
      this.exitWith(Exit.interrupted);
    }
    const writer = new ReplayWriter(this.look());
    const {signal} = this;
    const row = await replayRun(session, {
      run: args.run,
      follow: flags.follow,
      signal,
      onRecord: async record => {
        if (this.json) return this.jsonLine(recordJson(record));
        for (const line of writer.lines(record)) await this.line(line);
      },
    });
    const stand = standText(row);
    if (stand === undefined) return;
    if (this.json)
      await this.jsonLine({type: row.state, at: new Date().toISOString(), done: row.done, total: row.total});
    else await this.line(stand);
  }
}
