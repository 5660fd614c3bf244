import {accessSync, constants} from 'node:fs';
import {join} from 'node:path';
import {UserError} from '../spec/errors.ts';
import {mustRun} from './machine.ts';

/** The programs that a lab calls, and the Debian package of each. */
const packageOf = {ip: 'iproute2', unshare: 'util-linux', nsenter: 'util-linux', mmdebstrap: 'mmdebstrap'} as const;

export type Program = keyof typeof packageOf;

/** A lab needs Linux and root; otherwise a UserError that says what to do instead. */
export function requireLinuxRoot(
  platform: string = process.platform,
  uid: number | undefined = process.getuid?.(),
): void {
  if (platform === 'linux' && uid === 0) return;
  const why = platform === 'linux' ? 'you are not root' : `this is ${platform}`;
  throw new UserError({
    code: 'lab-needs-linux-root',
    message:
      `A lab makes throw-away hosts out of Linux namespaces, which takes Linux and root, and ${why}. ` +
      'niyanta itself needs neither: it drives any Linux machine with containerd over SSH, from anywhere.',
    hint:
      platform === 'linux'
        ? 'Type the command again with sudo, or use hosts of your own: niyanta host add h1 --address 203.0.113.11 --user root'
        : 'Use hosts of your own: niyanta host add h1 --address 203.0.113.11 --user root',
  });
}

/** Installs the missing ones with apt-get where that is to be had; otherwise a UserError with the line to type. */
export async function requirePrograms(programs: readonly Program[], onProgress: (text: string) => void): Promise<void> {
  const missing = [...new Set(programs.filter(program => !onPath(program)).map(program => packageOf[program]))];
  if (missing.length === 0) return;
  const line = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  if (!onPath('apt-get')) {
    throw new UserError({
      code: 'lab-programs-missing',
      message: `a lab needs ${missing.join(' and ')}, and this machine has no apt-get to install it`,
      hint: `Install it; on Debian and Ubuntu: ${line.join(' ')}`,
    });
  }
  onProgress(`installing what is missing on this machine: ${line.join(' ')}`);
  await mustRun(['apt-get', 'update']);
  await mustRun(['env', 'DEBIAN_FRONTEND=noninteractive', ...line]);
}

function onPath(program: string): boolean {
  return `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':').some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
