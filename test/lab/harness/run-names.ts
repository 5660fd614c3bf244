import {labList} from '../../../src/engine/lab/index.ts';

/** Names of the labs that a run of the tests made and that are still there. */
export const labsOfRun = (run: number): string[] =>
  labList()
    .map(lab => lab.name)
    .filter(name => name.startsWith(`test-${run}-`));

/** How the folders of a run begin, in the folder for temporary files. */
export const scratchPrefix = (run: number): string => `niyanta-test-${run}-`;
