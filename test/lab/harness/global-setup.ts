import process from 'node:process';
import type {TestProject} from 'vitest/node';
import {labDown, requireLinuxRoot} from '../../../src/engine/lab/index.ts';
import {labsOfRun, removeLabsOfDeadRuns} from './test-run.ts';

/** Before and after all lab tests: no lab of an earlier run, and none of this one, stays behind. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  requireLinuxRoot();
  project.provide('labRun', process.pid);
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  await removeLabsOfDeadRuns();
  return async () => {
    const left = labsOfRun(process.pid);
    for (const name of left) await labDown(name);
    if (left.length > 0 && !interrupted) throw new Error(`tests left their labs behind: ${left.join(', ')}`);
  };
}
