import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';

export default class RouteLogs extends EngineCommand {
  static override summary = 'Print the requests that proxies took, all of them in order of time.';
  static override description =
    'A line is: time, host of the proxy, status, method, what was asked, how long the answer took, and the replica that ' +
    'gave it (- where the proxy itself did). Shown are requests for routes that the environment has now. -f goes on until ' +
    'Ctrl-C (exit code 130). Times are those of the hosts.';
  static override usage = 'route logs [HOST...] [-f] [--tail COUNT] [--status CLASS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f --tail 20',
    '<%= config.bin %> <%= command.id %> h1 --status 5xx --env staging --json',
  ];
  static override strict = false;
  static override args = {host: Args.string({description: 'Hosts of proxies; all when not given.'})};
  static override flags = {
    ...projectFlags,
    env: environmentFlag,
    follow: Flags.boolean({char: 'f', summary: 'Go on with what is asked from now on.', default: false}),
    tail: Flags.integer({char: 'n', summary: 'Only the last requests of each proxy.', helpValue: 'COUNT', min: 0}),
    status: Flags.string({summary: 'Only answers of this class.', options: ['2xx', '3xx', '4xx', '5xx']}),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(RouteLogs);
    const {readAccessLogs} = await import('../../engine/read-access-logs.ts');
    const {accessLogLine} = await import('../../engine/view/access-log-view.ts');
    const session = await openOnlyProject(flags, this.context());
    const look = this.look();
    await readAccessLogs(session, {
      hosts: argv.map(String),
      tail: flags.tail,
      statusClass: flags.status?.[0],
      follow: flags.follow,
      signal: this.signal,
      onRecord: record => (this.json ? this.jsonLine(record) : this.line(accessLogLine(record, look))),
      onLost: (host, why) => this.note(`${host} does not answer: ${why}`),
      onBack: host => this.note(`${host} answers again`),
      onSilent: hosts => this.note(`no access logs of ${hosts.join(', ')}: no answer`),
    });
    if (this.signal.aborted) this.exitWith(Exit.interrupted);
  }
}
