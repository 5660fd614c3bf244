import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workersView} from '../../engine/view/server-views.ts';

export default class WorkerUndrain extends EngineCommand {
  static override summary = 'Place workloads on a host again.';
  static override examples = ['<%= config.bin %> <%= command.id %> h1'];
  static override args = {name: Args.string({description: 'Name of the host.', required: true})};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkerUndrain);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {name: args.name}};
    const worker = await answerOf(api.POST('/v1/workers/{name}/undrain', {params}));
    await this.show({items: [worker]}, workersView);
  }
}
