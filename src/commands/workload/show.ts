import {EngineCommand} from '../../cli/engine-command.ts';
import {saveOutputs} from '../../cli/workloads/save-outputs.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {outputsFlag, workloadArg} from '../../cli/workloads/workload-flags.ts';
import {workloadView} from '../../engine/view/workloads-view.ts';

export default class WorkloadShow extends EngineCommand {
  static override summary = 'Show a workload: its state, attempts, result.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> report',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11 --outputs ./out',
  ];
  static override args = {id: workloadArg};
  static override flags = {...serverFlags, outputs: outputsFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkloadShow);
    const client = await openServer(flags);
    const {showWorkload, outputsOf} = await import('../../engine/client/show-workload.ts');
    const {findWorkload} = await import('../../engine/client/find-workload.ts');
    const shown = await showWorkload(client, await findWorkload(client, args.id));
    const outputs = flags.outputs === undefined ? new Map() : await outputsOf(client, shown.workload);
    await this.show({...shown, files: await saveOutputs(flags.outputs ?? '.', outputs)}, workloadView);
  }
}
