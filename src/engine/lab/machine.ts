import {execa} from 'execa';
import {OutsideError} from '../spec/errors.ts';

/** What a program of this machine left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this machine to its end, whatever its exit code. */
export async function run(argv: readonly string[], input = ''): Promise<Ran> {
  const [file, ...args] = argv as readonly [string, ...string[]];
  const done = await execa(file, args, {input, reject: false, stripFinalNewline: false});
  if (done.exitCode === undefined)
    throw failure(argv.join(' '), -1, done.shortMessage ?? 'it did not start', done.cause);
  return {code: done.exitCode, stdout: done.stdout, stderr: done.stderr};
}

/**
 * Runs a program of this machine and returns what it printed; a non-zero exit is an OutsideError `lab-command`, which
 * shows the program as `shown`.
 */
export async function mustRun(argv: readonly string[], shown = argv.join(' ')): Promise<string> {
  const done = await run(argv);
  if (done.code !== 0) throw failure(shown, done.code, done.stderr);
  return done.stdout;
}

/** Runs a fixed script of ours; `$1`, `$2`, … are the arguments. */
export const mustRunScript = (text: string, ...args: readonly string[]): Promise<string> =>
  mustRun(['sh', '-euc', text, 'niyanta-lab', ...args], `a script of the lab (${args.join(' ')})`);

function failure(command: string, code: number, stderr: string, cause?: unknown): OutsideError {
  const lastLines = stderr.trimEnd().split('\n').slice(-8);
  return new OutsideError({
    code: 'lab-command',
    message: `${command} failed on this machine`,
    command,
    exitCode: code,
    lastLines,
    cause,
  });
}
