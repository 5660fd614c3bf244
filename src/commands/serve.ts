import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {durationFlag, projectFlags} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {databaseFlag, listenFlag, tlsFlags, tlsOf} from '../cli/serve-flags.ts';
import {logLevels, serveLog} from '../cli/serve-log.ts';
import {untilStopped} from '../cli/until-stopped.ts';
import {servedView} from '../engine/view/served-view.ts';

export default class Serve extends EngineCommand {
  static override summary = "Run the coordinator: takes workloads over its API and runs them on the project's hosts.";
  static override description =
    'Goes on until SIGTERM or Ctrl-C; what runs on hosts then goes on, and is taken up again at the next start. SIGHUP reads niyanta.yaml again. The first start prints an admin key, once.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --data /var/lib/niyanta-coordinator --listen 0.0.0.0:8460',
    "<%= config.bin %> <%= command.id %> --database 'postgres://niyanta:${secret:db-password}@db.example/niyanta'",
  ];
  static override flags = {
    ...projectFlags,
    data: Flags.string({
      summary: 'Folder of the embedded database.',
      helpValue: 'DIR',
      default: '.niyanta/coordinator',
      env: 'NIYANTA_DATA',
    }),
    database: databaseFlag,
    listen: listenFlag,
    ...tlsFlags,
    'log-level': Flags.option({
      options: logLevels,
      summary: 'What is logged on standard error.',
      default: 'info' as const,
      env: 'NIYANTA_LOG_LEVEL',
    })(),
    'stop-deadline': durationFlag({
      summary: 'How long a stop may take.',
      default: 20_000,
      defaultHelp: async () => '20s',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve);
    const session = await openOnlyProject(flags, this.context());
    const log = serveLog(flags['log-level'], process.stderr);
    const {serve} = await import('../engine/api/serve.ts');
    const {defaultCoordinatorSettings: settings} = await import('../engine/coordinator/settings.ts');
    const {data, database, listen} = flags;
    const {version} = this.config;
    const tls = tlsOf(flags);
    const served = await serve({session, env: process.env, data, database, listen, tls, settings, version, log});
    await this.show({address: served.address, adminKey: served.adminKey}, servedView);
    await untilStopped({
      log,
      reload: async () => served.setHosts((await openOnlyProject(flags, this.context())).hosts),
      stop: () => served.stop(flags['stop-deadline']),
    });
  }
}
