import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags, replicasArg} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {servedEnvironment, servedFlags} from '../cli/served/served-flags.ts';
import type {LogRecord} from '../engine/log-sources.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {LogWriter} from '../engine/view/log-view.ts';

export default class Logs extends EngineCommand {
  static override summary = 'Print what replicas printed, all of them in order of time.';
  static override description =
    'Each line follows the name of its replica. On a terminal, control characters in logs are shown as text; in a ' +
    'file or pipe lines are as they were printed. -f goes on until Ctrl-C (exit code 130), and follows replicas that ' +
    'are replaced meanwhile, or come; after a lost connection it goes on without losing a line. Times are those of the hosts.';
  static override usage = 'logs [SERVICE[/REPLICA]...] [-f] [--since WHEN] [--tail COUNT] [--timestamps]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend db/1 -f --tail 20',
    '<%= config.bin %> <%= command.id %> --since 10m --timestamps',
    '<%= config.bin %> <%= command.id %> --hook migrate',
    '<%= config.bin %> <%= command.id %> --since 2026-01-31T12:00:00Z --json',
  ];
  static override strict = false;
  static override args = {service: replicasArg};
  static override flags = {
    ...projectFlags,
    ...servedFlags,
    env: environmentFlag,
    follow: Flags.boolean({char: 'f', summary: 'Go on with what is printed from now on.', default: false}),
    since: Flags.string({summary: 'Only lines since then: 10m, 2h, or a time as in RFC 3339.', helpValue: 'WHEN'}),
    tail: Flags.integer({char: 'n', summary: 'Only the last lines of each replica.', helpValue: 'COUNT', min: 0}),
    hook: Flags.string({
      summary: 'What this hook printed when it ran last, from the journal.',
      helpValue: 'NAME',
      exclusive: ['follow', 'since'],
    }),
    timestamps: Flags.boolean({char: 't', summary: 'Begin each line with its time.', default: false}),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Logs);
    if (flags.hook !== undefined) return this.showHook(flags.hook, flags);
    const {readLogs, sinceTime} = await import('../engine/read-logs.ts');
    const since = flags.since === undefined ? undefined : sinceTime(flags.since, new Date());
    const {style} = this.look();
    const writer = new LogWriter({style, timestamps: flags.timestamps, raw: !process.stdout.isTTY});
    const onRecord = (record: LogRecord) => (this.json ? this.jsonLine(record) : this.line(writer.line(record)));
    const wanted = {services: argv.map(String), since, tail: flags.tail, follow: flags.follow};
    const served = await servedEnvironment(flags, this.context(), this.signal);
    const onBreak = (why: string) => this.note(`the coordinator does not answer (${why}): goes on when it does`);
    if (served) return this.#printed(served.logs({...wanted, onBreak}), onRecord);
    const session = await openOnlyProject(flags, this.context());
    await readLogs(session, {
      ...wanted,
      signal: this.signal,
      onRecord,
      onLost: (host, why) => this.note(`${host} does not answer: ${why}`),
      onBack: host => this.note(`${host} answers again`),
      onSilent: hosts => this.note(`no logs of ${hosts.join(', ')}: no answer`),
    });
    if (this.signal.aborted) this.exitWith(Exit.interrupted);
  }

  async #printed(records: AsyncIterable<LogRecord>, print: (record: LogRecord) => Promise<void>): Promise<void> {
    try {
      for await (const record of records) await print(record);
    } catch (error) {
      if (!this.signal.aborted) throw error;
    }
    if (this.signal.aborted) this.exitWith(Exit.interrupted);
  }

  private async showHook(hook: string, flags: Parameters<typeof openOnlyProject>[0]): Promise<void> {
    const {hookLog} = await import('../engine/hook-logs.ts');
    const {hookLogView} = await import('../engine/view/hook-log-view.ts');
    await this.show(await hookLog(await openOnlyProject(flags, this.context()), hook), hookLogView);
  }
}
