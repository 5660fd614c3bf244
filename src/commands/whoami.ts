import {EngineCommand} from '../cli/engine-command.ts';
import {openServer, serverFlags} from '../cli/workloads/server.ts';
import {callerView} from '../engine/view/login-view.ts';

export default class WhoAmI extends EngineCommand {
  static override summary = 'Show as whom a coordinator knows you: name, role, customer, scopes.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(WhoAmI);
    const {access, api} = await openServer(flags);
    const {answerOf} = await import('../engine/client/api-client.ts');
    const caller = await answerOf(api.GET('/v1/whoami'));
    const by = process.env.NIYANTA_API_KEY ? ('key' as const) : ('login' as const);
    await this.show({server: access.server, by, ...caller}, callerView);
  }
}
