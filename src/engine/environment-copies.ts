import type {ChangingFleet} from './change-environment.ts';
import type {Fleet} from './fleet.ts';
import {mustRun} from './hosts/index.ts';
import {runScript} from './runtime/containers/host-script.ts';
import {dropCopy, keepCopy, keptCopies} from './runtime/environment-copies.ts';
import type {Session} from './session.ts';
import type {HostName} from './spec/stack.ts';
import {type EnvironmentCopy, formatCopy, parseCopy} from './state/environment-copy.ts';
import type {EnvironmentState, LockFile} from './state/lock-file.ts';

/** A host that does not answer any more must not hold up the end of a change. */
const TIMEOUT_MS = 10_000;

/**
 * Leaves a copy of what the state says of the session's environment on each of its hosts, for `state rebuild`; takes it
 * from all when the environment is gone. What a host cannot keep, others have: nothing fails for it.
 */
export async function copyToHosts(
  {project, environment}: Session,
  fleet: ChangingFleet,
  lock: LockFile,
  {gone}: {readonly gone: boolean},
): Promise<void> {
  const state = lock.environments[environment];
  if (!state) return;
  const name = `${project.name}.${state.stack}.${environment}`;
  const members = membersOf(state);
  const hosts = fleet.observed.filter(({host, reachable}) => reachable && (gone || members.has(host)));
  const script = gone ? dropCopy(name) : keepCopy(name, formatCopy(lock, environment));
  await Promise.allSettled(
    hosts.map(async ({host}) => runScript(fleet.changing(host), script, {timeoutMs: TIMEOUT_MS})),
  );
}

const membersOf = ({subnets, placements}: EnvironmentState): ReadonlySet<HostName> =>
  new Set([...Object.keys(subnets), ...Object.values(placements).flatMap(replicas => replicas.map(({host}) => host))]);

/** The newest copy of each environment of a project that the hosts have. */
export async function copiesOnHosts(fleet: Fleet, project: string): Promise<readonly EnvironmentCopy[]> {
  const probe = keptCopies(project);
  const lines = await Promise.all(
    fleet.observed.map(async ({host, reachable}) => {
      if (!reachable) return [];
      const what = 'read the copies of the state';
      return probe.parse((await mustRun(fleet.connection(host), probe.command, {what})).stdout);
    }),
  );
  const newest = new Map<string, EnvironmentCopy>();
  for (const line of lines.flat()) {
    const copy = parseCopy(line);
    if (copy?.project !== project) continue;
    if (copy.serial >= (newest.get(copy.environment)?.serial ?? 0)) newest.set(copy.environment, copy);
  }
  return [...newest.values()];
}
