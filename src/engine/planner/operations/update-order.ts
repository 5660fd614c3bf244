import type {ContainerSpec} from '../../runtime/container-spec.ts';
import {clash} from '../../scheduler/ledger.ts';
import type {UpdatePolicy} from '../../spec/stack.ts';

export interface UpdateOrder {
  readonly order: 'start-first' | 'stop-first';
  /** Why the old one has to stop before: `volume db-data is written by one container at a time`. */
  readonly because?: string;
}

/** Whether a new container may start beside the one it replaces. Stop-first wherever both cannot run at once. */
export function updateOrder(old: ContainerSpec | undefined, now: ContainerSpec, policy: UpdatePolicy): UpdateOrder {
  const stopFirst = (because: string): UpdateOrder => ({order: 'stop-first', because});
  if (!old) return stopFirst('what it was is not known');
  if (policy.strategy === 'recreate') return stopFirst('update.strategy is recreate');
  const volume = sharedVolume(old, now);
  if (volume) return stopFirst(`volume ${volume} is written by one container at a time`);
  if (old.host === now.host) {
    const port = now.ports.find(p => old.ports.some(q => clash(p, {...q, port: q.host})));
    if (port) return stopFirst(`port ${port.host} can be held by one container at a time`);
    const folder = sharedFolder(old, now);
    if (folder) return stopFirst(`${folder} is written by one container at a time`);
  }
  if (policy.maxSurge === 0 && policy.strategy === 'rolling') return stopFirst('update.maxSurge is 0');
  return {order: 'start-first'};
}

/** On another host the data is another, so both writing at once would split it. */
function sharedVolume(old: ContainerSpec, now: ContainerSpec): string | undefined {
  return now.volumes.find(mine =>
    old.volumes.some(theirs => theirs.volume === mine.volume && !(theirs.readOnly && mine.readOnly)),
  )?.volume;
}

function sharedFolder(old: ContainerSpec, now: ContainerSpec): string | undefined {
  return now.mounts.find(mine =>
    old.mounts.some(theirs => theirs.source === mine.source && !(theirs.readOnly && mine.readOnly)),
  )?.source;
}
