import {EngineCommand} from '../cli/engine-command.ts';
import {openServer, serverFlags} from '../cli/workloads/server.ts';
import {workloadArg} from '../cli/workloads/workload-flags.ts';
import {whyView} from '../engine/view/workloads-view.ts';

export default class Why extends EngineCommand {
  static override summary = 'Tell why a workload is where it is: what it waits for, and why hosts cannot take it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> report',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
  ];
  static override args = {id: workloadArg};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Why);
    const client = await openServer(flags);
    const {answerOf} = await import('../engine/client/api-client.ts');
    const {findWorkload} = await import('../engine/client/find-workload.ts');
    const params = {path: {id: await findWorkload(client, args.id)}};
    await this.show(await answerOf(client.api.GET('/v1/workloads/{id}/why', {params})), whyView);
  }
}
