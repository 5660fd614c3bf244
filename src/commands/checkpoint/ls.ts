import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadArg} from '../../cli/workloads/workload-flags.ts';
import {checkpointsView} from '../../engine/view/server-views.ts';

export default class CheckpointLs extends EngineCommand {
  static override summary = 'List the checkpoints of a workload.';
  static override examples = ['<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11'];
  static override args = {id: workloadArg};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CheckpointLs);
    const client = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {findWorkload} = await import('../../engine/client/find-workload.ts');
    const params = {path: {id: await findWorkload(client, args.id)}};
    await this.show(await answerOf(client.api.GET('/v1/workloads/{id}/checkpoints', {params})), checkpointsView);
  }
}
