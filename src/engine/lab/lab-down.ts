import {rm, rmdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {powerOff} from './host-power.ts';
import {labDirectory, readLab} from './lab-files.ts';
import {numberIsAnothers, removeLabNetwork} from './lab-network.ts';
import {withMachineLock} from './machine-lock.ts';
import {requireLinuxRoot} from './requirements.ts';

/**
 * Removes a lab with all that it has on this machine: whole, half-made or crashed. False when there was none.
 * Cached root file systems stay.
 */
export async function labDown(name: string): Promise<boolean> {
  const directory = labDirectory(name);
  if (!readLab(name)) return false;
  requireLinuxRoot();
  return withMachineLock(`lab/${directory}`, async () => {
    const lab = readLab(name);
    if (!lab) return false;
    if (!numberIsAnothers(lab)) {
      await Promise.all(lab.hosts.map(host => powerOff(lab, host)));
      await removeLabNetwork(lab);
    }
    await rm(directory, {recursive: true, force: true, maxRetries: 5});
    await removeIfEmpty(dirname(directory));
    return true;
  });
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOTEMPTY', 'ENOENT', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}
