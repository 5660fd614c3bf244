import type {ContainerId, Manifest} from '../runtime/container-spec.ts';
import type {ObservedContainer, ReachableHost} from '../runtime/observed.ts';
import type {HostName, ServiceName} from '../spec/stack.ts';
import type {PlanInput, Scope} from './plan-input.ts';

/** A container of this environment, on its host. `manifest` is absent when someone removed it. */
export interface Own {
  readonly host: HostName;
  readonly id: ContainerId;
  readonly service: ServiceName;
  readonly replica: number;
  readonly container: ObservedContainer;
  readonly manifest?: Manifest;
}

export const scopeOf = (input: Pick<PlanInput, 'project' | 'stack' | 'environment'>): Scope => ({
  project: input.project.name,
  stack: input.stack.name,
  environment: input.environment,
});

export const isOfScope = ({spec}: Manifest, scope: Scope): boolean => isSame(spec, scope);

const isSame = (one: Scope, other: Scope): boolean =>
  one.project === other.project && one.stack === other.stack && one.environment === other.environment;

/**
 * The containers of this environment: those whose manifest says so, and those without a manifest whose labels say so or
 * that the lock file knows. All others (of other environments, or nobody's) are never touched.
 */
export function ownContainers(
  input: Pick<PlanInput, 'project' | 'stack' | 'environment' | 'lock'>,
  hosts: readonly ReachableHost[],
): readonly Own[] {
  const scope = scopeOf(input);
  const known = Object.entries(input.lock?.placements ?? {}).flatMap(([service, placements]) =>
    placements.map(placement => ({service, ...placement})),
  );
  return hosts.flatMap(({host, containers}) =>
    containers.flatMap((container): Own[] => {
      const {id, manifest} = container;
      if (manifest) {
        if (!isOfScope(manifest, scope)) return [];
        return [{host, id, service: manifest.spec.service, replica: manifest.spec.replica, container, manifest}];
      }
      const {identity} = container;
      if (identity && !isSame(identity, scope)) return [];
      const {service, replica} = identity ?? known.find(entry => entry.host === host && entry.container === id) ?? {};
      return service !== undefined && replica !== undefined ? [{host, id, service, replica, container}] : [];
    }),
  );
}

/** Runs, or is between two starts of its restart policy. */
export const isRunning = ({container}: Own): boolean => container.task === 'running';

/** Has ended in a way after which its restart policy leaves it alone. */
export const hasEnded = ({task, exitCode, manifest}: ObservedContainer): boolean => {
  if (!manifest || manifest.stopped) return false;
  const {restart} = manifest.spec;
  if (restart === 'never') return task === 'stopped' || task === 'none';
  // Without a code it has not failed: containerd would have started it again by now.
  return restart === 'on-failure' && task === 'stopped' && (exitCode ?? 0) === 0;
};

/** Is listed under its name: one that ended stays so, since nobody is there to take it out, until it is removed. */
export const answersToName = (container: ObservedContainer): boolean =>
  container.manifest !== undefined && (container.task === 'running' || hasEnded(container));

/** There is something of it on the host that could still run. */
export const exists = ({container}: Own): boolean => container.task !== 'gone';

/** Order of keys for people: service, then replica. */
export const compareReplicas = (
  a: {readonly service: string; readonly replica: number},
  b: {readonly service: string; readonly replica: number},
): number => (a.service < b.service ? -1 : a.service > b.service ? 1 : a.replica - b.replica);

export const replicaKey = (of: {readonly service: string; readonly replica: number}): string =>
  `${of.service}-${of.replica}`;
