import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {projectFlags} from '../cli/flags.ts';
import {openOnlyProject, stackChoice} from '../cli/open.ts';
import {endAbandonedRuns, tellAbandonedRuns} from '../cli/workloads/abandoned-runs.ts';
import {runToTheEnd} from '../cli/workloads/run-to-the-end.ts';
import {thisMachine} from '../cli/workloads/this-machine.ts';
import {filesNamed, outputsFlag, workloadFilesArg, workloadParamFlag} from '../cli/workloads/workload-flags.ts';

export default class Run extends EngineCommand {
  static override summary = "Run workloads on the project's hosts, and wait for their end. Needs no server.";
  static override description =
    'What they print comes as it is printed; the exit code is that of the workload (of several: of the first that ' +
    'failed). Ctrl-C cancels them. A run that was killed leaves its database in .niyanta/runs, and maybe containers ' +
    'on hosts: --end-killed ends those.';
  static override usage = 'run FILE... [--param NAME=VALUE] [--outputs DIR] | run --end-killed';
  static override examples = [
    '<%= config.bin %> <%= command.id %> workload.yaml',
    '<%= config.bin %> <%= command.id %> report.yaml --param day=monday --outputs ./out',
    '<%= config.bin %> <%= command.id %> pipeline.yaml --json',
  ];
  static override strict = false;
  static override args = {file: workloadFilesArg};
  static override flags = {
    ...projectFlags,
    param: workloadParamFlag,
    outputs: outputsFlag,
    logs: Flags.boolean({summary: 'Print what they print.', default: true, allowNo: true}),
    verbose: Flags.boolean({char: 'v', summary: 'Tell what the coordinator does, too.', default: false}),
    local: Flags.boolean({summary: 'On this machine alone, not on the hosts of the project.', default: false}),
    'end-killed': Flags.boolean({summary: 'End what runs that were killed left, and nothing else.', default: false}),
  };

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Run);
    const files = flags['end-killed'] ? [] : filesNamed(argv, 'run');
    const context = this.context();
    const {readWorkloadFiles} = await import('../engine/read-workload-files.ts');
    const placed = files.length > 0 ? await readWorkloadFiles({...stackChoice({...flags}, context), files}) : [];
    const opened = await openOnlyProject(flags, context);
    const session = flags.local ? {...opened, hosts: [thisMachine]} : opened;
    const telling = {json: this.json, logs: flags.logs, look: this.look(), lookAtNotes: this.look(process.stderr)};
    const wish = {session, signal: this.signal, telling, verbose: flags.verbose, outputs: flags.outputs};
    if (flags['end-killed']) return endAbandonedRuns(wish);
    await tellAbandonedRuns(session.project.directory);
    this.exitWith(
      await runToTheEnd(
        placed.map(({workload}) => workload),
        wish,
      ),
    );
  }
}
