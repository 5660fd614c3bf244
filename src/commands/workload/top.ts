import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {intervalFlag} from '../../cli/flags.ts';
import {redrawing} from '../../cli/workloads/redrawing.ts';
import {customerFlag, openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadFiguresView} from '../../engine/view/workload-figures-view.ts';

export default class WorkloadTop extends EngineCommand {
  static override summary = 'Watch what runs, and what it uses: CPU, memory, progress, time.';
  static override description =
    'Renewed every two seconds until Ctrl-C. CPU is counted between two looks, in percent of one core. Without a terminal, ' +
    'and with --json, it looks once.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {
    ...serverFlags,
    customer: customerFlag,
    interval: intervalFlag,
    limit: Flags.integer({char: 'n', summary: 'How many.', default: 200, min: 1, max: 500}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(WorkloadTop);
    const {customer, limit} = flags;
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {query: {limit, ...(customer !== undefined && {customer})}};
    const ask = () => answerOf(api.GET('/v1/workloads/figures', {params}));
    if (this.json || !process.stdout.isTTY) return this.show(await ask(), workloadFiguresView);
    const intervalMs = Math.max(500, flags.interval);
    await redrawing({intervalMs, signal: this.signal}, async () => workloadFiguresView.text(await ask(), this.look()));
  }
}
