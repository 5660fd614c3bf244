import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadArg} from '../../cli/workloads/workload-flags.ts';
import {checkpointsView} from '../../engine/view/server-views.ts';

export default class CheckpointTake extends EngineCommand {
  static override summary = 'Have a workload write a checkpoint, and wait until it is stored.';
  static override examples = ['<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11'];
  static override args = {id: workloadArg};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CheckpointTake);
    const client = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {findWorkload} = await import('../../engine/client/find-workload.ts');
    const params = {path: {id: await findWorkload(client, args.id)}};
    const taken = await answerOf(client.api.POST('/v1/workloads/{id}/checkpoint', {params}));
    await this.show({items: [taken]}, checkpointsView);
  }
}
