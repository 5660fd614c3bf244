import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workersView} from '../../engine/view/server-views.ts';

export default class WorkerDrain extends EngineCommand {
  static override summary = 'Place nothing on a host any more, and move what runs there.';
  static override description =
    'What runs writes a checkpoint, where it has a rule for that, and goes on elsewhere; the rest runs to its end. With ' +
    '--stop the rest is stopped, too, and begins anew elsewhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> h1',
    '<%= config.bin %> <%= command.id %> h1 --stop',
  ];
  static override args = {name: Args.string({description: 'Name of the host.', required: true})};
  static override flags = {
    ...serverFlags,
    stop: Flags.boolean({summary: 'Stop what has no checkpoints, too.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkerDrain);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const params = {path: {name: args.name}, query: flags.stop ? {stop: 'true' as const} : {}};
    const worker = await answerOf(api.POST('/v1/workers/{name}/drain', {params}));
    await this.show({items: [worker]}, workersView);
  }
}
