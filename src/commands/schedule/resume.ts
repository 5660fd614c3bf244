import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {schedulesView} from '../../engine/view/server-views.ts';

export default class ScheduleResume extends EngineCommand {
  static override summary = 'Submit by a schedule again.';
  static override examples = ['<%= config.bin %> <%= command.id %> ID'];
  static override args = {id: Args.string({description: 'Id of the schedule.', required: true})};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ScheduleResume);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {id: args.id}};
    const schedule = await answerOf(api.POST('/v1/schedules/{id}/resume', {params}));
    await this.show({items: [schedule]}, schedulesView);
  }
}
