import {EngineCommand} from '../cli/engine-command.ts';
import {projectFlags} from '../cli/flags.ts';
import {readServe, serveFlags} from '../cli/serve-flags.ts';
import {serveLog} from '../cli/serve-log.ts';
import {untilStopped} from '../cli/until-stopped.ts';
import {servedView} from '../engine/view/served-view.ts';
import {configView} from '../engine/view/spec-view.ts';

export default class Serve extends EngineCommand {
  static override summary = "Run the coordinator: takes workloads over its API and runs them on the project's hosts.";
  static override description =
    'Goes on until SIGTERM or Ctrl-C; what runs on hosts then goes on, and is taken up again at the next start. SIGHUP reads niyanta.yaml and its settings again. The first start prints an admin key, once.\nSettings come from flags, variables, --config FILE and the section server of niyanta.yaml, in that order: docs/CONFIGURATION.md.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --data /var/lib/niyanta-coordinator --listen 0.0.0.0:8460',
    "<%= config.bin %> <%= command.id %> --database 'postgres://niyanta:${secret:DB_PASSWORD}@db.example/niyanta'",
    '<%= config.bin %> <%= command.id %> --config server.yaml --show-config',
  ];
  static override flags = {...projectFlags, ...serveFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve);
    const read = () => readServe(flags, this.context());
    const {session, server} = await read();
    if (flags['show-config']) return this.show(server.list, configView(true));
    const {log, outlet} = serveLog(server.settings.log, process.stderr);
    const {serve} = await import('../engine/api/serve.ts');
    const reread = async () => {
      const now = await read();
      return {server: now.server, hosts: now.session.hosts};
    };
    const served = await serve({session, env: process.env, server, reread, version: this.config.version, log, outlet});
    await this.show(served.shown, servedView);
    await untilStopped({
      log,
      reload: async () => void (await served.reload({name: 'signal:SIGHUP'})),
      stop: () => served.stop(server.settings.stopDeadline),
    });
  }
}
