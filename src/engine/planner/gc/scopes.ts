import type {House} from '../../runtime/house/house.ts';
import type {ReachableHost} from '../../runtime/observed.ts';
import type {EnvironmentCopy} from '../../state/environment-copy.ts';
import type {LockFile} from '../../state/lock-file.ts';
import type {PlanInput, Scope} from '../plan-input.ts';

/** One host, looked at for housekeeping. */
export interface HousedHost {
  readonly observed: ReachableHost;
  readonly house: House;
  /** Those of its copies that could be read. */
  readonly copies: readonly EnvironmentCopy[];
}

/**
 * Whose a thing on a host is. `known`: the state knows the environment. `gone`: it is our project's, and no state knows
 * it. `other`: another project's, or another state's of the same project.
 */
export type Standing = 'known' | 'gone' | 'other';

export const scopeName = ({project, stack, environment}: Scope): string => `${project}.${stack}.${environment}`;

/** Every environment that hosts have something of, with how it stands to the state. */
export class Scopes {
  readonly #project: string;
  readonly #lock: LockFile;
  readonly #naming: PlanInput['naming'];
  /** Environments of this project that another state keeps. */
  readonly foreign: ReadonlySet<string>;
  readonly #byBridge = new Map<string, Scope>();
  readonly #all = new Map<string, Scope>();

  constructor(project: string, lock: LockFile, naming: PlanInput['naming'], hosts: readonly HousedHost[]) {
    this.#project = project;
    this.#lock = lock;
    this.#naming = naming;
    this.foreign = foreignEnvironments(project, lock, hosts);
    for (const [environment, {stack}] of Object.entries(lock.environments)) this.#add({project, stack, environment});
    for (const host of hosts) for (const scope of scopesOn(host)) this.#add(scope);
  }

  /** Every one that was found, or that the state knows. */
  get all(): readonly Scope[] {
    return [...this.#all.values()];
  }

  standing({project, stack, environment}: Scope): Standing {
    if (project !== this.#project || this.foreign.has(environment)) return 'other';
    const state = this.#lock.environments[environment];
    if (!state) return 'gone';
    const stacks = [state.stack, ...state.history.flatMap(entry => entry.stack?.name ?? [])];
    return stacks.includes(stack) ? 'known' : 'gone';
  }

  ofBridge(bridge: string): Scope | undefined {
    return this.#byBridge.get(bridge);
  }

  /**
   * Whose a container of this id would be, where nothing but its name is left. Undefined when that could be of several
   * projects: an id does not name the project.
   */
  ofId(id: string): Scope | undefined {
    const fitting = this.all.filter(({stack, environment}) => id.startsWith(`${stack}-${environment}-`));
    const longest = Math.max(0, ...fitting.map(({stack, environment}) => stack.length + environment.length));
    const best = fitting.filter(({stack, environment}) => stack.length + environment.length === longest);
    return best.length === 1 ? best[0] : undefined;
  }

  #add(scope: Scope): void {
    this.#all.set(scopeName(scope), scope);
    this.#byBridge.set(this.#naming.bridge(scope), scope);
  }
}

/** Scopes that a host has anything of. */
export function scopesOn({observed, house, copies}: HousedHost): readonly Scope[] {
  const containers = observed.containers.flatMap(({manifest, identity}): Scope[] => {
    const of = manifest?.spec ?? identity;
    return of ? [of] : [];
  });
  const folders = house.volumes.flatMap(({folder}) => scopeOfName(folder.split('/')[0] ?? '') ?? []);
  const kept = copies.map(({project, environment, state}) => ({project, environment, stack: state.stack}));
  return [...containers, ...folders, ...kept, ...(observed.proxy?.slices ?? [])].map(
    ({project, stack, environment}) => ({project, stack, environment}),
  );
}

/** `PROJECT.STACK.ENV`; names have no dot in them. */
export function scopeOfName(name: string): Scope | undefined {
  const [project, stack, environment, ...rest] = name.split('.');
  return project && stack && environment && rest.length === 0 ? {project, stack, environment} : undefined;
}

/** A copy with another salt was made under another state, which may well know the environment. */
function foreignEnvironments(project: string, lock: LockFile, hosts: readonly HousedHost[]): ReadonlySet<string> {
  const copies = hosts.flatMap(host => host.copies).filter(copy => copy.project === project);
  return new Set(
    copies
      .filter(({environment, salt}) => salt !== lock.salt && !Object.hasOwn(lock.environments, environment))
      .map(({environment}) => environment),
  );
}
