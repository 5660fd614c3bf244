import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';

/** Tells one process from every other, also after its pid was given to another and on machines of one name. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly machine: string;
  /** Linux: id of this boot and of the pid namespace; elsewhere the machine's name. */
  readonly scope: string;
  /** Linux: clock tick since boot at which the process started. */
  readonly started?: string;
}

/** user@machine, for people. */
export const ownerName = (): string => `${userInfo().username}@${hostname()}`;

/** This process. */
export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  machine: hostname(),
  scope: scope(),
  started: startTime(process.pid),
});

/** True only when it is certain that the process has ended: it ran here, and here it is no more. */
export function hasEnded(other: ProcessIdentity): boolean {
  if (other.scope !== scope()) return false;
  if (!exists(other.pid)) return true;
  return other.started !== undefined && startTime(other.pid) !== other.started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function scope(): string {
  if (process.platform !== 'linux') return hostname();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
}

function startTime(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // Field 22 of proc(5) stat; the name in field 2 may hold spaces and brackets.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, though its pid is still there.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
