import {readFileSync} from 'node:fs';
import process from 'node:process';
import {inject} from 'vitest';
import {labDown, labList} from '../../../src/engine/lab/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Process id of this run of the tests: part of the name of every lab that it makes. */
    labRun: number;
  }
}

let count = 0;

/** `test-RUN-WORKER-COUNT`: no other lab on this machine is called so. */
export const uniqueLabName = (): string => `test-${inject('labRun')}-${process.pid}-${++count}`;

/** Names of the labs that this run made and that are still there. */
export const labsOfRun = (run: number): string[] => labNames().filter(name => name.startsWith(`test-${run}-`));

/** Removes labs of runs whose process is gone (kill -9 leaves no time to clean up). */
export async function removeLabsOfDeadRuns(): Promise<void> {
  for (const name of labNames()) {
    const run = /^test-(\d+)-\d+-\d+$/.exec(name)?.[1];
    if (run && !alive(Number(run))) await labDown(name);
  }
}

const labNames = (): string[] => labList().map(lab => lab.name);

function alive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vitest');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
