import {createWriteStream} from 'node:fs';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadArg} from '../../cli/workloads/workload-flags.ts';

export default class CheckpointGet extends EngineCommand {
  static override summary = 'Get the files of a checkpoint, as a tar.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11 3 -o three.tar',
  ];
  static override args = {
    id: workloadArg,
    number: Args.integer({description: 'Number of the checkpoint.', required: true, min: 1}),
  };
  static override flags = {
    ...serverFlags,
    out: Flags.string({char: 'o', summary: 'File to write; - is standard output.', helpValue: 'FILE', required: true}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CheckpointGet);
    const client = await openServer(flags);
    const {serverProblem} = await import('../../engine/client/server-problem.ts');
    const {findWorkload} = await import('../../engine/client/find-workload.ts');
    const id = await findWorkload(client, args.id);
    const url = `${client.access.server}/v1/workloads/${id}/checkpoints/${args.number}`;
    const response = await client.fetch(url);
    if (!response.ok || !response.body) throw serverProblem(response, await response.json().catch(() => undefined));
    const to = flags.out === '-' ? process.stdout : createWriteStream(flags.out);
    await pipeline(Readable.fromWeb(response.body as never), to);
    if (flags.out !== '-') this.note(`wrote ${flags.out}`);
  }
}
