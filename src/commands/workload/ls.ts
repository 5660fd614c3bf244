import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {customerFlag, openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadsView} from '../../engine/view/workloads-view.ts';

const many = {multiple: true, multipleNonGreedy: true} as const;

export default class WorkloadLs extends EngineCommand {
  static override summary = 'List workloads, the newest first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --state running --state pending',
    '<%= config.bin %> <%= command.id %> --name report --label team=data --json',
  ];
  static override flags = {
    ...serverFlags,
    customer: customerFlag,
    state: Flags.string({char: 's', summary: 'Only those in this state; may repeat.', helpValue: 'STATE', ...many}),
    name: Flags.string({summary: 'Only those of this name.', helpValue: 'NAME'}),
    label: Flags.string({
      char: 'l',
      summary: 'Only those with this label; may repeat.',
      helpValue: 'NAME=VALUE',
      ...many,
    }),
    worker: Flags.string({summary: 'Only those on this host.', helpValue: 'HOST'}),
    batch: Flags.string({summary: 'Only those of this batch.', helpValue: 'NAME'}),
    limit: Flags.integer({char: 'n', summary: 'How many.', default: 50, min: 1, max: 500}),
    after: Flags.string({summary: 'Go on where another list ended.', helpValue: 'CURSOR'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(WorkloadLs);
    const {customer, name, label, worker, batch, limit, after} = flags;
    const client = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const state = flags.state?.map(text => text.toUpperCase());
    const query = {customer, state, name, label, worker, batch, limit, after} as object;
    await this.show(await answerOf(client.api.GET('/v1/workloads', {params: {query}})), workloadsView);
  }
}
