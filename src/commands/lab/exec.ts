import {EngineCommand} from '../../cli/engine-command.ts';
import {labHostArg, labName, labNameFlag} from '../../cli/lab-flags.ts';
import {wordsOf} from '../../cli/words.ts';

export default class LabExec extends EngineCommand {
  static override summary = 'Run a program in a host, as root at its console.';
  static override description =
    "Not through the host's network or sshd, so it works while the host is partitioned, too. " +
    "Without a program: bash. The program's exit code is the command's.";
  static override usage = 'lab exec HOST [--name NAME] [-- PROGRAM [ARGUMENT...]]';
  static override examples = [
    '<%= config.bin %> lab exec h1',
    '<%= config.bin %> lab exec h1 -- ctr -n niyanta containers ls',
    '<%= config.bin %> lab exec h2 --name shop -- ip address',
  ];
  static override strict = false;
  static override args = {host: labHostArg};
  static override flags = {name: labNameFlag};

  async run(): Promise<void> {
    const {args, flags, raw} = await this.parse(LabExec);
    const {labExec, labExecHere} = await import('../../engine/lab/index.ts');
    const lab = await labName(flags.name, process.cwd());
    const program = wordsOf(raw).slice(1);
    if (!this.json) this.exitWith(await labExecHere(lab, args.host, program.length > 0 ? program : ['bash']));
    const done = await labExec(lab, args.host, program.length > 0 ? program : ['bash']);
    await this.show(done, {text: ({stdout}) => stdout});
    this.exitWith(done.code);
  }
}
