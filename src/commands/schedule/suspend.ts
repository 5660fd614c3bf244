import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {schedulesView} from '../../engine/view/server-views.ts';

export default class ScheduleSuspend extends EngineCommand {
  static override summary = 'Submit nothing by a schedule, until it is resumed.';
  static override examples = ['<%= config.bin %> <%= command.id %> ID'];
  static override args = {id: Args.string({description: 'Id of the schedule.', required: true})};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ScheduleSuspend);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {id: args.id}};
    const schedule = await answerOf(api.POST('/v1/schedules/{id}/suspend', {params}));
    await this.show({items: [schedule]}, schedulesView);
  }
}
