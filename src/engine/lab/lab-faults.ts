import {existsSync} from 'node:fs';
import {rm, writeFile} from 'node:fs/promises';
import {UserError} from '../spec/errors.ts';
import {initProcess, powerOff, powerOn} from './host-power.ts';
import type {Lab, LabHost, LabHostState} from './lab.ts';
import {mustReadLab} from './lab-files.ts';
import {mustRun} from './machine.ts';
import {withMachineLock} from './machine-lock.ts';
import {labDevice, partitionMark, portName} from './names.ts';
import {requireLinuxRoot} from './requirements.ts';
import {requireRoots} from './roots.ts';

/** The host of this name in the lab, or a UserError `no-such-lab-host`. */
export function labHost(lab: Lab, name: string): LabHost {
  const host = lab.hosts.find(one => one.name === name);
  if (host) return host;
  throw new UserError({
    code: 'no-such-lab-host',
    message: `the lab "${lab.name}" has no host "${name}"`,
    hint: `It has ${lab.hosts.map(one => one.name).join(', ')}.`,
  });
}

/** What is the matter with a host now. */
export function labHostState(lab: Lab, host: LabHost): LabHostState {
  if (initProcess(lab, host) === undefined) return 'off';
  return existsSync(partitionMark(lab, host.name)) ? 'partitioned' : 'running';
}

/** Cuts a host's power: all its processes die at once and its network is dead; its disk stays. */
export const labKill = (name: string, host: string): Promise<void> => onHost(name, host, powerOff);

/** Power off, power on: also brings back a host that was killed. Returns when it answers. */
export const labReboot = (name: string, host: string): Promise<void> =>
  onHost(name, host, async (lab, one) => {
    requireRoots(lab);
    await powerOff(lab, one);
    await powerOn(lab, one);
  });

/** Unplugs a host's network cable; it goes on running. */
export const labPartition = (name: string, host: string): Promise<void> =>
  onHost(name, host, async (lab, one) => {
    await writeFile(partitionMark(lab, one.name), '');
    await setPort(lab, one, 'down');
  });

/** Plugs the cable in again. */
export const labHeal = (name: string, host: string): Promise<void> =>
  onHost(name, host, async (lab, one) => {
    await rm(partitionMark(lab, one.name), {force: true});
    await setPort(lab, one, 'up');
  });

async function setPort(lab: Lab, host: LabHost, state: 'up' | 'down'): Promise<void> {
  // A host that is off has no port; it finds the mark when it starts.
  if (initProcess(lab, host) === undefined) return;
  await mustRun(['ip', '-n', labDevice(lab.number), 'link', 'set', portName(host), state]);
}

async function onHost(name: string, host: string, act: (lab: Lab, host: LabHost) => Promise<void>): Promise<void> {
  requireLinuxRoot();
  const {directory} = mustReadLab(name);
  // Not while the lab goes up or down.
  await withMachineLock(`lab/${directory}`, async () => {
    const lab = mustReadLab(name);
    await act(lab, labHost(lab, host));
  });
}
