import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {customerLimits, limitFlags} from '../../cli/workloads/customer-limits.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {customersView} from '../../engine/view/server-views.ts';

export default class CustomerAdd extends EngineCommand {
  static override summary = 'Add a customer.';
  static override examples = ['<%= config.bin %> <%= command.id %> acme --tier premium --running 100'];
  static override args = {id: Args.string({description: 'Id: lower-case letters, digits, dashes.', required: true})};
  static override flags = {
    ...serverFlags,
    name: Flags.string({summary: 'Name for people; the id when not given.', helpValue: 'NAME'}),
    tier: Flags.string({helpValue: 'NAME', summary: 'Tier: free, standard, premium.', default: 'standard'}),
    ...limitFlags,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CustomerAdd);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {UserError} = await import('../../engine/spec/errors.ts');
    const {items} = await answerOf(api.GET('/v1/customers'));
    if (items.some(({id}) => id === args.id)) {
      const hint = `niyanta customer set ${args.id} changes it.`;
      throw new UserError({code: 'exists', message: `there is a customer ${args.id} already`, hint});
    }
    const body = {name: flags.name ?? args.id, tier: flags.tier, limits: customerLimits({}, flags), suspended: false};
    const added = await answerOf(api.PUT('/v1/customers/{id}', {params: {path: {id: args.id}}, body}));
    await this.show({items: [added]}, customersView);
  }
}
