import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {idsNamed, workloadsArg} from '../../cli/workloads/workload-flags.ts';
import {wishedView} from '../../engine/view/workloads-view.ts';

export default class WorkloadResume extends EngineCommand {
  static override summary = 'Go on with paused workloads.';
  static override description = 'They wait for their turn again.';
  static override usage = 'workload resume ID|NAME...';
  static override examples = [
    '<%= config.bin %> <%= command.id %> report',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
  ];
  static override strict = false;
  static override args = {id: workloadsArg};
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(WorkloadResume);
    const ids = idsNamed(argv);
    const client = await openServer(flags);
    const {findToChange} = await import('../../engine/client/find-workload.ts');
    const {wish} = await import('../../engine/client/wish.ts');
    await this.show(await wish(client, 'resume', await findToChange(client, ids)), wishedView);
  }
}
