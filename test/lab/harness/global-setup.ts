import {spawn} from 'node:child_process';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {TestProject} from 'vitest/node';
import {labDown, requireLinuxRoot} from '../../../src/engine/lab/index.ts';
import {labsOfRun} from './run-names.ts';

/** Around all lab tests: none of their labs stays behind, however the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  requireLinuxRoot();
  project.provide('labRun', process.pid);
  const program = fileURLToPath(new URL('watchdog.ts', import.meta.url));
  const watchdog = spawn(process.execPath, [program, String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  return async () => {
    const left = labsOfRun(process.pid);
    for (const name of left) await labDown(name);
    // Waited for, since a pending promise alone does not keep a process alive.
    watchdog.ref();
    const ended = new Promise(resolve => watchdog.once('exit', resolve));
    watchdog.kill();
    await ended;
    if (left.length > 0) throw new Error(`tests left their labs behind: ${left.join(', ')}`);
  };
}
