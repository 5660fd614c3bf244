import {randomUUID} from 'node:crypto';
import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {stackChoice} from '../cli/open.ts';
import {sendingFrom} from '../cli/workloads/sending.ts';
import {customerFlag, openServer, serverFlags} from '../cli/workloads/server.ts';
import {splitFlags, splitOf} from '../cli/workloads/split-flags.ts';
import {waitForSubmitted} from '../cli/workloads/wait-for-submitted.ts';
import {afterFlag, afterId, filesNamed, workloadFilesArg, workloadParamFlag} from '../cli/workloads/workload-flags.ts';
import {submittedView} from '../engine/view/workloads-view.ts';

export default class Submit extends EngineCommand {
  static override summary = 'Submit workloads to a coordinator: all of the files, or none.';
  static override description =
    'Prints their ids once the coordinator has them for good. Input files, image archives and what is ' +
    'built here go along; what the coordinator has of them is not sent again. One with a schedule becomes a schedule. --wait goes on until they have ended, ' +
    'and exits with the code of the workload. Needs NIYANTA_API_KEY.';
  static override usage = 'submit FILE... [--wait] [--follow] [--after ID] [--param NAME=VALUE] [--server URL]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> workload.yaml',
    '<%= config.bin %> <%= command.id %> pipeline.yaml --follow',
    '<%= config.bin %> <%= command.id %> cleanup.yaml --after 019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11:always',
    '<%= config.bin %> <%= command.id %> report.yaml --split v1=90,v2=10 --key customer-42',
    '<%= config.bin %> <%= command.id %> report.yaml --param day=monday --idempotency-key report-monday',
  ];
  static override strict = false;
  static override args = {file: workloadFilesArg};
  static override flags = {
    ...serverFlags,
    param: workloadParamFlag,
    customer: customerFlag,
    wait: Flags.boolean({char: 'w', summary: 'Wait until they have ended.', default: false}),
    follow: Flags.boolean({
      char: 'f',
      summary: 'Print what they print, too; waits.',
      aliases: ['logs'],
      default: false,
    }),
    after: afterFlag,
    ...splitFlags,
    'idempotency-key': Flags.string({
      summary: 'Submitting again with the same key gives the workloads of then.',
      helpValue: 'KEY',
    }),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Submit);
    const files = filesNamed(argv, 'submit');
    const {readWorkloadFiles} = await import('../engine/read-workload-files.ts');
    const placed = await readWorkloadFiles({...stackChoice({param: flags.param}, this.context()), files});
    const client = await openServer(flags);
    const {submitSplit, submitWorkloads} = await import('../engine/client/submit-workloads.ts');
    const idempotencyKey = flags['idempotency-key'] ?? randomUUID();
    const {customer, wait, follow: logs} = flags;
    const workloads = placed.map(({workload}) => workload);
    const wish = {
      idempotencyKey,
      ...(customer && {customer}),
      ...sendingFrom({cwd: this.context().cwd, signal: this.signal}),
    };
    const submitted = flags.split
      ? await submitSplit(client, workloads, {...wish, ...splitOf(flags.split, flags.key)})
      : await submitWorkloads(client, workloads, {...wish, after: (flags.after ?? []).map(afterId)});
    const follow = (wait || logs) && submitted.workloads.length > 0;
    if (!follow) return this.show(submitted, submittedView);
    const {signal, json} = this;
    const telling = {json, logs, look: this.look(), lookAtNotes: this.look(process.stderr)};
    this.exitWith(await waitForSubmitted(client, submitted, {signal, telling}));
  }
}
