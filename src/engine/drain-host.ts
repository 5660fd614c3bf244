import {editProject} from './edit-project.ts';
import {namedHost} from './named-host.ts';
import type {OpenedProject} from './open-project.ts';
import {addHost, removeHost, setHostField} from './spec/index.ts';

/**
 * Marks a host in niyanta.yaml: with `drain` nothing new is placed there and the next apply empties it; without, it
 * takes part again. `changed` is false when it was so already. Errors: UserError `unknown-host`.
 */
export async function drainHost(
  {project, hosts}: Pick<OpenedProject, 'project' | 'hosts'>,
  name: string,
  {drain, env}: {readonly drain: boolean; readonly env: Readonly<Record<string, string | undefined>>},
): Promise<{readonly host: string; readonly drain: boolean; readonly changed: boolean}> {
  const host = namedHost(hosts, name);
  if (host.drain === drain) return {host: name, drain, changed: false};
  const own = project.hosts.find(candidate => candidate.name === name);
  await editProject(project, env, text => {
    // A lab's host stands in niyanta.yaml only for what it is given beside the lab.
    if (!own) return addHost(text, name, {drain: true});
    if (drain) return setHostField(text, name, 'drain', true);
    const undrained = setHostField(text, name, 'drain', undefined);
    return saysNothing(own) ? removeHost(undrained, name) : undrained;
  });
  return {host: name, drain, changed: true};
}

const saysNothing = (host: OpenedProject['hosts'][number]): boolean =>
  !host.local && host.address === undefined && host.region === undefined && Object.keys(host.labels).length === 0;
