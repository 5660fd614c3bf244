import type {ChildProcess} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {withMutex} from '../../../src/engine/state/mutex.ts';

/**
 * Stops a process (SIGSTOP) while it is not inside the critical section of this mutex. Inside, everybody else waits until it
 * goes on, and is told so: that is another test.
 */
export async function pauseOutside(child: ChildProcess, mutex: string): Promise<void> {
  for (;;) {
    child.kill('SIGSTOP');
    while (!(await isStopped(child.pid!))) await sleep(5);
    if (await isFree(mutex)) return;
    child.kill('SIGCONT');
    await sleep(5);
  }
}

/** proc_pid_stat(5): the state is the word after the name in parentheses. */
async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return /^\d+ \(.*\) T /.test(stat);
}

const isFree = (mutex: string): Promise<boolean> =>
  withMutex(mutex, async () => true, 100).catch((error: {code?: string}) => {
    if (error.code !== 'state-busy') throw error;
    return false;
  });
