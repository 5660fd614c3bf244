import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {removedView} from '../../engine/view/server-views.ts';

export default class ScheduleRm extends EngineCommand {
  static override summary = 'Remove a schedule. What it has submitted stays.';
  static override examples = ['<%= config.bin %> <%= command.id %> ID'];
  static override args = {id: Args.string({description: 'Id of the schedule.', required: true})};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ScheduleRm);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    await answerOf(api.DELETE('/v1/schedules/{id}', {params: {path: {id: args.id}}}));
    await this.show({removed: args.id}, removedView);
  }
}
