import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workersView} from '../../engine/view/server-views.ts';

export default class WorkerLs extends EngineCommand {
  static override summary = 'List the hosts that run workloads, as the coordinator sees them.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(WorkerLs);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    await this.show(await answerOf(api.GET('/v1/workers')), workersView);
  }
}
