import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {workloadArg} from '../../cli/workloads/workload-flags.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';

export default class WorkloadLogs extends EngineCommand {
  static override summary = 'Print what a workload printed.';
  static override description =
    'Its newest attempt unless told. -f goes on until it has ended, over all attempts; a connection that is lost is made anew, and no line is lost or doubled.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> report -f',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
    '<%= config.bin %> <%= command.id %> 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11 -f --timestamps',
  ];
  static override args = {id: workloadArg};
  static override flags = {
    ...serverFlags,
    follow: Flags.boolean({char: 'f', summary: 'Go on until it has ended.', default: false}),
    attempt: Flags.integer({summary: 'Only this attempt.', helpValue: 'NUMBER', min: 1}),
    timestamps: Flags.boolean({char: 't', summary: 'Begin each line with its time.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(WorkloadLogs);
    const client = await openServer(flags);
    const {followLog} = await import('../../engine/client/follow-log.ts');
    const {readLog} = await import('../../engine/client/read-log.ts');
    const {findWorkload} = await import('../../engine/client/find-workload.ts');
    const id = await findWorkload(client, args.id);
    const {signal} = this;
    const {attempt} = flags;
    const wish = {signal, ...(attempt !== undefined && {attempt})};
    const {printable} = await import('../../engine/view/printable.ts');
    try {
      for await (const line of (flags.follow ? followLog : readLog)(client, id, wish)) {
        const text = process.stdout.isTTY ? printable(line.text) : line.text;
        if (this.json) await this.jsonLine(line);
        else await this.line(flags.timestamps ? `${line.at} ${text}` : text);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) this.exitWith(Exit.interrupted);
  }
}
