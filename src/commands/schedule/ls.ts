import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {schedulesView} from '../../engine/view/server-views.ts';

export default class ScheduleLs extends EngineCommand {
  static override summary = 'List the workloads that are submitted at their times.';
  static override description = 'niyanta submit makes one of a workload with a schedule; the same name replaces it.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(ScheduleLs);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    await this.show(await answerOf(api.GET('/v1/schedules', {})), schedulesView);
  }
}
