import type {ReachableHost} from '../runtime/observed.ts';
import type {EnvironmentName, HostName, ServiceName} from '../spec/stack.ts';
import type {EnvironmentState, ReleaseMember, ReleaseRecord} from '../state/lock-file.ts';
import {fingerprint} from './fingerprint.ts';
import {nothingPlaced} from './nothing-placed.ts';
import type {Plan, SwitchOperation} from './plan.ts';
import type {PlanInput} from './plan-input.ts';
import {refuseUnreachable} from './situation.ts';
import {summarise} from './summary.ts';

export interface ReleaseInput {
  readonly project: string;
  readonly environment: EnvironmentName;
  readonly serial: number;
  readonly lock: EnvironmentState;
  readonly observed: PlanInput['observed'];
  readonly options: {readonly maxUnreachable: number};
}

/**
 * Brings open releases to an end: promote sends everything to the new replicas, abort to the old ones; the other side is
 * drained and removed. Services that are released together end together, with one switch.
 * Errors: OutsideError `host-unreachable`.
 */
export function planRelease(input: ReleaseInput, what: 'promote' | 'abort', services: readonly ServiceName[]): Plan {
  const {hosts} = refuseUnreachable(input);
  const operations = groupsOf(input.lock, services).map(group => switchOf(group, what, hosts));
  const plan = {
    ...nothingPlaced,
    project: input.project,
    stack: input.lock.stack,
    environment: input.environment,
    purpose: what,
    serial: input.serial,
    operations,
    summary: summarise(operations),
    warnings: [],
    subnets: {},
  };
  return {...plan, fingerprint: fingerprint(input, plan)};
}

type Group = readonly (readonly [ServiceName, ReleaseRecord])[];

function groupsOf({releases = {}}: EnvironmentState, services: readonly ServiceName[]): readonly Group[] {
  const seen = new Set<ServiceName>();
  return services.flatMap((service): Group[] => {
    const names = [service, ...(releases[service]?.together ?? [])].filter(name => releases[name] && !seen.has(name));
    for (const name of names) seen.add(name);
    return names.length > 0 ? [names.map(name => [name, releases[name]!] as const)] : [];
  });
}

function switchOf(group: Group, what: 'promote' | 'abort', hosts: readonly ReachableHost[]): SwitchOperation {
  const [, first] = group[0]!;
  const services = group.map(([service]) => service);
  const there = (members: readonly ReleaseMember[]) => members.filter(member => isThere(hosts, member.host, member.id));
  const fresh = there(group.flatMap(([, record]) => record.new));
  const old = there(group.flatMap(([, record]) => record.old));
  const [to, from] = what === 'promote' ? [fresh, old] : [old, fresh];
  return {
    id: `switch:${services.join('+')}:${what}`,
    kind: 'switch',
    action: 'update',
    host: (to[0] ?? from[0])!.host,
    reason: what === 'promote' ? 'all at once, then the old ones stop' : 'back to the old ones, then the new ones stop',
    changes: [],
    after: [],
    services,
    strategy: first.strategy,
    to,
    from,
    weight: first.weight,
    steps: [],
    stepsBefore: first.step ?? 0,
    sticky: first.sticky ?? false,
    promote: 'auto',
    ...(what === 'abort' && {back: true}),
  };
}

const isThere = (hosts: readonly ReachableHost[], host: HostName, id: string): boolean =>
  hosts.some(one => one.host === host && one.containers.some(other => other.id === id && other.task !== 'gone'));
