import {mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {inject} from 'vitest';
import {scratchPrefix} from './run-names.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Process id of this run of the tests: part of the name of every lab that it makes. */
    labRun: number;
  }
}

let count = 0;

/** `test-RUN-WORKER-COUNT`: no other lab on this machine is called so. */
export const uniqueLabName = (): string => `test-${inject('labRun')}-${process.pid}-${++count}`;

/** A new folder for temporary files, which is gone after the run at the latest. */
export const scratchFolder = (): Promise<string> => mkdtemp(join(tmpdir(), scratchPrefix(inject('labRun'))));
