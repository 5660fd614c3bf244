import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {collect} from './collect.ts';
import {quote} from './command.ts';
import type {Transport} from './transport.ts';

// Prints what to put in front of commands: nothing for root, else sudo, which must not ask.
const ASK = 'if [ "$(id -u)" = 0 ]; then echo root; else sudo -n true && echo sudo; fi';

/** How commands become root on this host: '' or `sudo -n `. Errors: OutsideError `sudo-password`, `sudo-missing`, `not-root`. */
export async function rootPrefix(transport: Transport): Promise<string> {
  const {stdout, stderr, code} = await collect(await transport.start(`sh -c ${quote(ASK)}`));
  const answer = stdout.toString().trim().split('\n').at(-1);
  if (answer === 'root') return '';
  if (answer === 'sudo') return 'sudo -n ';
  throw notRoot(transport.host, stderr.toString(), code);
}

function notRoot(host: HostName, stderr: string, exitCode: number): OutsideError {
  const lastLines = stderr.trim().split('\n').filter(Boolean).slice(-5);
  const parts = {host, command: 'sudo -n true', exitCode, lastLines};
  if (/password is required|a terminal is required|askpass/i.test(stderr)) {
    return new OutsideError({
      ...parts,
      code: 'sudo-password',
      message: `${host}: sudo asks for a password`,
      hint: `Let the user run sudo without one there (echo "USER ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/niyanta), or connect as root.`,
    });
  }
  if (/not found/.test(stderr)) {
    return new OutsideError({
      ...parts,
      code: 'sudo-missing',
      message: `${host}: the user is not root, and sudo is not installed there`,
      hint: 'Install sudo on the host, or connect as root (user: root in niyanta.yaml).',
    });
  }
  return new OutsideError({
    ...parts,
    code: 'not-root',
    message: `${host}: commands cannot be run as root`,
    hint: 'Connect as root, or as a user who may use sudo without a password.',
  });
}
