import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {customerLimits, limitFlags} from '../../cli/workloads/customer-limits.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {customersView} from '../../engine/view/server-views.ts';

export default class CustomerSet extends EngineCommand {
  static override summary = 'Change a customer: its tier, its limits, whether its keys open anything.';
  static override examples = ['<%= config.bin %> <%= command.id %> acme --running 200 --no-suspended'];
  static override args = {id: Args.string({description: 'Id of the customer.', required: true})};
  static override flags = {
    ...serverFlags,
    name: Flags.string({summary: 'Name for people.', helpValue: 'NAME'}),
    tier: Flags.string({helpValue: 'NAME', summary: 'Tier: free, standard, premium.'}),
    suspended: Flags.boolean({summary: 'Its keys open nothing.', allowNo: true}),
    ...limitFlags,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CustomerSet);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {id: args.id}};
    const before = await answerOf(api.GET('/v1/customers/{id}', {params}));
    const {name = before.name, tier = before.tier, suspended = before.suspended} = flags;
    const body = {name, tier, suspended, limits: customerLimits(before.limits, flags)};
    const changed = await answerOf(api.PUT('/v1/customers/{id}', {params, body}));
    await this.show({items: [changed]}, customersView);
  }
}
