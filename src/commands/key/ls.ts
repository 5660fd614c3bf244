import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {keysView} from '../../engine/view/server-views.ts';

export default class KeyLs extends EngineCommand {
  static override summary = 'List API keys; never the keys themselves.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {
    ...serverFlags,
    customer: Flags.string({summary: 'Only those of this customer.', helpValue: 'ID'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(KeyLs);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {customer} = flags;
    const query = customer === undefined ? {} : {customer};
    await this.show(await answerOf(api.GET('/v1/keys', {params: {query}})), keysView);
  }
}
