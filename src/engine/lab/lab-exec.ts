import {execa} from 'execa';
import {OutsideError, UserError} from '../spec/errors.ts';
import {joinAndRun, joinFilesOf} from './host-cgroups.ts';
import {initProcess} from './host-power.ts';
import {labHost} from './lab-faults.ts';
import {mustReadLab} from './lab-files.ts';
import {type Ran, run} from './machine.ts';
import {requireLinuxRoot} from './requirements.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program in a lab host as if at its console: not through its network or sshd, so also while it is
 * partitioned. A non-zero exit is not an error. UserErrors: `no-such-lab`, `no-such-lab-host`, `lab-host-off`.
 */
export async function labExec(name: string, host: string, argv: readonly string[], input = ''): Promise<Ran> {
  return run(atConsole(name, host, argv), input);
}

/** The same on this process's own standard streams, a terminal included; returns the exit code. */
export async function labExecHere(name: string, host: string, argv: readonly string[]): Promise<number> {
  const [file, ...args] = atConsole(name, host, argv) as [string, ...string[]];
  const done = await execa(file, args, {stdio: 'inherit', reject: false});
  if (done.exitCode !== undefined) return done.exitCode;
  if (done.signal) return 128 + 15;
  throw new OutsideError({code: 'lab-exec', host, message: `${file} did not start: ${done.shortMessage}`});
}

function atConsole(name: string, host: string, argv: readonly string[]): string[] {
  requireLinuxRoot();
  const lab = mustReadLab(name);
  const init = initProcess(lab, labHost(lab, host));
  if (init === undefined) {
    throw new UserError({
      code: 'lab-host-off',
      message: `the lab host ${host} is off`,
      hint: `niyanta lab reboot ${host} --name ${name}`,
    });
  }
  const clean = ['env', '-i', `PATH=${path}`, 'HOME=/root', 'LANG=C.UTF-8', `TERM=${process.env.TERM ?? 'dumb'}`];
  // In the host's cgroups, so that what it starts and leaves running is the host's, limits and power cut included.
  const join = ['sh', '-euc', joinAndRun, 'niyanta-lab', ...joinFilesOf(init), '--'];
  return [...join, 'nsenter', `--target=${init}`, '--all', ...clean, ...argv];
}
