import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {customerFlag, openServer, serverFlags} from '../../cli/workloads/server.ts';
import {comparisonView} from '../../engine/view/comparison-view.ts';

export default class WorkloadCompare extends EngineCommand {
  static override summary = 'Compare versions of a workload: how often they succeed, and how long they take.';
  static override description =
    'Of the newest 20,000 that ended. The two versions with most runs are tested against each other: successes by ' +
    "Fisher's exact test, durations of successes by Mann–Whitney's; a difference counts as shown below p = 0.05.";
  static override examples = ['<%= config.bin %> <%= command.id %> report'];
  static override args = {name: Args.string({description: 'Name of the workload.', required: true})};
  static override flags = {...serverFlags, customer: customerFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkloadCompare);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const query = {name: args.name, ...(flags.customer !== undefined && {customer: flags.customer})};
    await this.show(await answerOf(api.GET('/v1/workloads/compare', {params: {query}})), comparisonView);
  }
}
