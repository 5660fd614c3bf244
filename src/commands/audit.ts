import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {customerFlag, openServer, serverFlags} from '../cli/workloads/server.ts';
import {auditView} from '../engine/view/audit-view.ts';

export default class Audit extends EngineCommand {
  static override summary = 'Read what happened on a coordinator: who did what, when, by which request.';
  static override description =
    'The newest events, in the order in which they happened. --json has all of each: the id of the request, too, which commands print with errors.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --workload 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
    '<%= config.bin %> <%= command.id %> --type key.added --type key.revoked --json',
  ];
  static override flags = {
    ...serverFlags,
    customer: customerFlag,
    workload: Flags.string({summary: 'Only those of this workload: its id or name.', helpValue: 'ID'}),
    type: Flags.string({
      summary: 'Only those of this type; may repeat.',
      helpValue: 'TYPE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    limit: Flags.integer({char: 'n', summary: 'How many.', default: 50, min: 1, max: 500}),
    before: Flags.string({summary: 'Those before where another list began.', helpValue: 'CURSOR'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Audit);
    const {customer, type, limit, before: after} = flags;
    const client = await openServer(flags);
    const {answerOf} = await import('../engine/client/api-client.ts');
    const {findWorkload} = await import('../engine/client/find-workload.ts');
    const workload = flags.workload === undefined ? undefined : await findWorkload(client, flags.workload);
    const query = {customer, workload, type, limit, after, order: 'newest'} as object;
    const {items, ...page} = await answerOf(client.api.GET('/v1/audit', {params: {query}}));
    await this.show({items: items.toReversed(), ...page}, auditView);
  }
}
