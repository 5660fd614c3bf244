import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workersView} from '../../engine/view/server-views.ts';

export default class WorkerDrain extends EngineCommand {
  static override summary = 'Place nothing on a host any more, and move what runs there.';
  static override description = 'What runs writes a checkpoint, where it can, and goes on elsewhere.';
  static override examples = ['<%= config.bin %> <%= command.id %> h1'];
  static override args = {name: Args.string({description: 'Name of the host.', required: true})};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkerDrain);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {name: args.name}};
    const worker = await answerOf(api.POST('/v1/workers/{name}/drain', {params}));
    await this.show({items: [worker]}, workersView);
  }
}
