import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {customersView} from '../../engine/view/server-views.ts';

export default class CustomerLs extends EngineCommand {
  static override summary = 'List the customers of the coordinator.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(CustomerLs);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    await this.show(await answerOf(api.GET('/v1/customers')), customersView);
  }
}
