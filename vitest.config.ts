import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';
import {LongestFirst} from './test/house/longest-first.ts';

/** How long a test polls for what comes about by itself. One second, the default, is short for a busy machine. */
const expectations = {poll: {timeout: 20_000}};

/** Two projects: `unit` needs nothing but Node; `lab` needs Linux, root and starts real hosts. */
export default defineConfig({
  test: {
    sequence: {sequencer: LongestFirst},
    projects: [
      {
        test: {
          name: 'unit',
          // Generous, for busy machines: nothing is tested by how long it takes.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: expectations,
          // By itself vitest leaves a processor to the process that reports, which has next to nothing to do.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: {groupOrder: 0},
          include: [
            'test/engine/**/*.test.ts',
            'test/cli/**/*.test.ts',
            'test/commands/**/*.test.ts',
            'test/house/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          globalSetup: ['test/lab/harness/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: expectations,
          // Much of a lab test is waiting: for grace, for silence, for a restart. Four share two cores well enough.
          maxWorkers: 4,
          // Not among the unit tests.
          sequence: {groupOrder: 1},
        },
      },
    ],
  },
});
