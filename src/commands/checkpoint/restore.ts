import {randomUUID} from 'node:crypto';
import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadArg} from '../../cli/workloads/workload-flags.ts';
import {wishedView} from '../../engine/view/workloads-view.ts';

export default class CheckpointRestore extends EngineCommand {
  static override summary = 'Have a workload begin again from a checkpoint, or a new one begin from it.';
  static override description =
    'What is paused, failed or cancelled, or waits for another attempt, begins again; checkpoints after the chosen one are ' +
    'set aside. --new submits a copy of the workload that begins from a copy of the checkpoint, whatever state it is in.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11 3 --new',
  ];
  static override args = {
    id: workloadArg,
    number: Args.integer({description: 'Number of the checkpoint; the newest that is whole by default.', min: 1}),
  };
  static override flags = {
    ...serverFlags,
    new: Flags.boolean({summary: 'Submit a copy that begins from it.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CheckpointRestore);
    const client = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {findToChange} = await import('../../engine/client/find-workload.ts');
    const params = {path: {id: (await findToChange(client, [args.id]))[0]!}, header: {'idempotency-key': randomUUID()}};
    const body = {new: flags.new, ...(args.number !== undefined && {number: args.number})};
    const row = await answerOf(client.api.POST('/v1/workloads/{id}/restore', {params, body}));
    await this.show([row], wishedView);
  }
}
