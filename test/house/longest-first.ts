import {basename} from 'node:path';
import {BaseSequencer, type TestSpecification} from 'vitest/node';

/** Test files that take more than a minute and a half, the longest first. Measured in .ci/run on two cores. */
export const long = [
  'simulation.test.ts',
  'second-half.test.ts',
  'apply-cut-off.test.ts',
  'drift-repair.test.ts',
  'fencing.test.ts',
  'apply-killed.test.ts',
  'releases.test.ts',
  'apply-interrupted.test.ts',
  'faults-hosts.test.ts',
  'connections-lost.test.ts',
  'operations.test.ts',
  'apply-update.test.ts',
  'volume-backups.test.ts',
  'state-ssh.test.ts',
  'bad-input.test.ts',
  'network-repair.test.ts',
  'shop.test.ts',
  'network-names.test.ts',
  'state-team.test.ts',
  'state-postgres.test.ts',
];

/** What takes long begins early, so that at the end no worker waits for one file. The rest goes by vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification) => {
      const at = long.indexOf(basename(file.moduleId));
      return at === -1 ? long.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
