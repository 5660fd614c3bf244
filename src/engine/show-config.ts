import {type OpenedProject, openProjectOnly, type ProjectLocation} from './open-project.ts';
import {stateText} from './spec/state-location.ts';
import type {UnreachableLimit} from './spec/unreachable.ts';

/** One setting, its value, and who said so. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** `flag`, `NIYANTA_ENV`, `niyanta.yaml:4:8` or `default`. */
  readonly origin: string;
}

/** Settings that flags and variables decide, with what the command was given. */
export interface Given {
  readonly name: string;
  readonly flag?: string;
  readonly variable: string;
  readonly fallback: string;
}

/** Every setting with the value that won and where it came from: flag, variable, project, default, in that order. */
export async function showConfig(at: ProjectLocation, given: readonly Given[]): Promise<Setting[]> {
  const opened = await openProjectOnly(at);
  return [
    {name: 'project', value: opened.project.file, origin: projectOrigin(at)},
    ...given.map(one => decided(one, at)),
    ...written(opened, at),
  ];
}

const limitText = (limit: UnreachableLimit = {hosts: 0}): string =>
  'hosts' in limit ? String(limit.hosts) : `${limit.percent}%`;

function projectOrigin({project, env}: ProjectLocation): string {
  if (project === undefined) return 'found from the working directory upwards';
  return project === env.NIYANTA_PROJECT ? 'NIYANTA_PROJECT' : 'flag --project';
}

function decided({name, flag, variable, fallback}: Given, {env}: ProjectLocation): Setting {
  const told = env[variable];
  if (flag !== undefined && flag !== told) return {name, value: flag, origin: `flag --${name}`};
  return told === undefined ? {name, value: fallback, origin: 'default'} : {name, value: told, origin: variable};
}

function stateOrigin({state, env}: ProjectLocation): string | undefined {
  if (state === undefined) return undefined;
  return state === env.NIYANTA_STATE ? 'NIYANTA_STATE' : 'flag --state';
}

function written({project, hosts, originOf}: OpenedProject, at: ProjectLocation): Setting[] {
  const lab = project.lab === undefined ? [] : [{name: 'lab', value: project.lab, origin: originOf(['lab'])}];
  const own = new Set(project.hosts.map(host => host.name));
  return [
    {name: 'name', value: project.name, origin: originOf(['name'])},
    {name: 'state', value: stateText(project.state), origin: stateOrigin(at) ?? originOf(['state'])},
    {name: 'runtime', value: project.runtime, origin: originOf(['runtime'])},
    {name: 'parallel', value: String(project.parallel ?? 'all hosts'), origin: originOf(['parallel'])},
    {name: 'maxUnreachable', value: limitText(project.maxUnreachable), origin: originOf(['maxUnreachable'])},
    {name: 'secrets.store', value: project.secrets.store, origin: originOf(['secrets', 'store'])},
    {name: 'secrets.atRest', value: project.secrets.atRest, origin: originOf(['secrets', 'atRest'])},
    {name: 'network.pool', value: project.network.pool, origin: originOf(['network', 'pool'])},
    ...lab,
    ...hosts.map(host => ({
      name: `hosts.${host.name}`,
      value: host.local ? 'this machine' : `${host.user ? `${host.user}@` : ''}${host.address}`,
      origin: own.has(host.name) ? originOf(['hosts', host.name]) : `lab ${project.lab}`,
    })),
  ];
}
