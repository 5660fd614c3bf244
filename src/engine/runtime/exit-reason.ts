import {formatSize} from '../spec/quantities.ts';
import type {TaskEnd} from './exit-code.ts';

/** Signals that end processes, by number (signal(7), the same on x86-64 and arm64). */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  31: 'SIGSYS',
};

const SHELL: Readonly<Record<number, string>> = {
  126: 'the command cannot be executed',
  127: 'command not found',
};

/** How a task ended, in words: `exit 127: command not found`. `memoryLimit` in bytes, where there is one. */
export function exitReason({code, oomKills}: Pick<TaskEnd, 'code' | 'oomKills'>, memoryLimit?: number): string {
  const limit = memoryLimit === undefined ? '' : `, limit ${withUnit(memoryLimit)}`;
  if (oomKills > 0 && (code === undefined || code === 137)) return `ended by the kernel: out of memory${limit}`;
  const killed = oomKills > 0 ? `; the kernel killed ${oomKills} of its processes: out of memory${limit}` : '';
  if (code === undefined) return `ended, its exit code is not known${killed}`;
  const signal = code > 128 ? SIGNALS[code - 128] : undefined;
  const why = SHELL[code] ?? (signal === undefined ? undefined : `killed by ${signal}`);
  return `exit ${code}${why === undefined ? '' : `: ${why}`}${killed}`;
}

/** `64 MiB`. */
const withUnit = (bytes: number): string => formatSize(bytes).replace(/^(\d+)(.)i$/, '$1 $2iB');
