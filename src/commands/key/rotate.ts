import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {durationFlag} from '../../cli/flags.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {createdKeyView} from '../../engine/view/server-views.ts';

export default class KeyRotate extends EngineCommand {
  static override summary = 'Make a key with the rights of another, which goes on for a while. It is printed once.';
  static override examples = ['<%= config.bin %> <%= command.id %> ID --overlap 1h'];
  static override args = {id: Args.string({description: 'Id of the former key.', required: true})};
  static override flags = {
    ...serverFlags,
    overlap: durationFlag({
      summary: 'How long the former key goes on, at most.',
      default: 86_400_000,
      defaultHelp: async () => '1d',
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(KeyRotate);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {id: args.id}};
    const answer = api.POST('/v1/keys/{id}/rotate', {params, body: {overlapMs: flags.overlap}});
    await this.show(await answerOf(answer), createdKeyView);
  }
}
