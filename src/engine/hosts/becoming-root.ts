import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';

/** Why a shell as root ended before it said anything: `sudo-password`, `sudo-missing`, else `not-root`. */
export function notRoot(host: HostName, stderr: string, exitCode: number): OutsideError {
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
