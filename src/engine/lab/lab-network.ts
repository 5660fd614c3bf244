import {createHash} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import type {Lab} from './lab.ts';
import {mustRunScript} from './machine.ts';
import {gatewayAddress, labDevice} from './names.ts';
import {labNetworkDown, labNetworkUp} from './network-scripts.ts';

/** Makes the lab's bridge and this machine's leg in it, marked as this lab's. */
export const makeLabNetwork = (lab: Lab): Promise<string> =>
  mustRunScript(labNetworkUp, labDevice(lab.number), gatewayAddress(lab.number), markOf(lab));

export const removeLabNetwork = (lab: Lab): Promise<string> => mustRunScript(labNetworkDown, labDevice(lab.number));

/** Whether the lab's network is there whole; it is not after a restart of this machine. */
export const hasLabNetwork = (lab: Lab): boolean =>
  existsSync(`/run/netns/${labDevice(lab.number)}`) && existsSync(`/sys/class/net/${labDevice(lab.number)}`);

/**
 * Whether a lab of someone else has this lab's number now. That happens when this machine was restarted, and another
 * user, who cannot see this lab, brought one up since.
 */
export function numberIsAnothers(lab: Lab): boolean {
  const file = `/sys/class/net/${labDevice(lab.number)}/ifalias`;
  const mark = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  // Without a mark: ours, killed on the way.
  return mark !== '' && mark !== markOf(lab);
}

const markOf = (lab: Lab): string =>
  `niyanta-lab ${createHash('sha256').update(lab.directory).digest('hex').slice(0, 16)}`;
