import {Readable} from 'node:stream';
import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../cli/flags.ts';
import {openOnlyProject} from '../cli/open.ts';
import {bridgeTerminal, terminalHere} from '../cli/terminal.ts';
import {wordsOf} from '../cli/words.ts';
import {UserError} from '../engine/spec/errors.ts';
import {Exit} from '../engine/spec/exit-codes.ts';

export default class Exec extends EngineCommand {
  static override summary = 'Run a program in a running replica.';
  static override description =
    "In the first running replica when none is named. The program's exit code is the command's. " +
    '-i sends it standard input, -t gives it a terminal that has the size of this one; a shell wants both.';
  static override usage = 'exec [-i] [-t] SERVICE[/REPLICA] [--user USER] [--workdir DIR] -- PROGRAM [ARGUMENT...]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> backend -- env',
    '<%= config.bin %> <%= command.id %> -it backend/2 -- sh',
    '<%= config.bin %> <%= command.id %> -i db -- psql -U app < dump.sql',
  ];
  static override strict = false;
  static override args = {service: Args.string({description: 'Service, or replica as backend/2.', required: true})};
  static override flags = {
    ...projectFlags,
    env: environmentFlag,
    stdin: Flags.boolean({char: 'i', summary: 'Send standard input to the program.', default: false}),
    tty: Flags.boolean({char: 't', summary: 'Give the program a terminal.', default: false}),
    user: Flags.string({char: 'u', summary: 'Run as this user: a name, or UID:GID.', helpValue: 'USER'}),
    workdir: Flags.string({char: 'w', summary: 'Run in this folder of the container.', helpValue: 'DIR'}),
  };

  async run(): Promise<void> {
    const {args, flags, raw} = await this.parse(Exec);
    const command = wordsOf(raw).slice(1);
    if (command.length === 0) throw noProgram(args.service);
    if (flags.tty && !(process.stdin.isTTY && process.stdout.isTTY)) throw noTerminal();
    const session = await openOnlyProject(flags, this.context());
    const {execInReplica} = await import('../engine/exec-in-replica.ts');
    const {tty, user, workdir} = flags;
    const {signal} = this;
    const terminal = tty ? terminalHere(process) : undefined;
    const stdin = flags.stdin ? process.stdin : (Readable.from([]) as NodeJS.ReadStream);
    const streams = {stdin, stdout: process.stdout, stderr: process.stderr};
    const code = await execInReplica(
      session,
      {replica: args.service, command, terminal, user, workdir, signal},
      remote => bridgeTerminal(remote, streams, {raw: tty && flags.stdin, signal}),
    );
    this.exitWith(signal.aborted ? Exit.interrupted : code);
  }
}

const noProgram = (service: string): UserError =>
  new UserError({
    code: 'no-program',
    message: `it is not said what to run in ${service}`,
    hint: `For example: niyanta exec -it ${service} -- sh`,
  });

const noTerminal = (): UserError =>
  new UserError({
    code: 'no-terminal',
    message: '-t needs a terminal, and there is none here',
    hint: 'Leave -t out: -i alone sends standard input.',
  });
