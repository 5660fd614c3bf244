import type {Lab, LabHost, LabHostState} from './lab.ts';
import {labHostState} from './lab-faults.ts';

/** A lab as `lab up` and `lab ls` show it; the value that `--json` prints. */
export interface LabStatus {
  readonly name: string;
  /** False: left half-made by a `lab up` that was killed. */
  readonly complete: boolean;
  readonly createdAt: string;
  readonly identityFile: string;
  readonly hosts: readonly (Pick<LabHost, 'name' | 'address' | 'release' | 'systemd' | 'prepared' | 'hostKey'> & {
    readonly state: LabHostState;
  })[];
}

export const labStatus = (lab: Lab): LabStatus => ({
  name: lab.name,
  complete: lab.complete,
  createdAt: lab.createdAt,
  identityFile: lab.identityFile,
  hosts: lab.hosts.map(({root, ...host}) => ({...host, state: labHostState(lab, host as LabHost)})),
});
