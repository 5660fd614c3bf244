import type {ObservedHost, ReachableHost} from '../runtime/observed.ts';
import {needsOf} from '../scheduler/needs-order.ts';
import {OutsideError, UserError} from '../spec/errors.ts';
import type {HostName, Service, ServiceName} from '../spec/stack.ts';
import {tooManyUnreachable} from '../spec/unreachable.ts';
import type {Placement} from '../state/lock-file.ts';
import {compareSpecs} from './compare-specs.ts';
import {desiredSpec} from './desired-spec.ts';
import {compareReplicas, exists, isRunning, type Own, ownContainers, replicaKey} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';

/** What a plan may do with a service: everything, only start what is missing, or nothing. */
export type Reach = 'all' | 'missing' | 'none';

/** One replica as it is: desired, observed, in the lock file, in any combination. */
export interface Replica {
  readonly service: ServiceName;
  readonly replica: number;
  /** Absent when the stack does not ask for it. */
  readonly desired?: Service;
  /** The container that counts as this replica. */
  readonly current?: Own;
  /** What interrupted plans left behind beside it. */
  readonly extras: readonly Own[];
  readonly locked?: Placement;
  /** The host that has it, which cannot be reached. */
  readonly lostOn?: HostName;
  /** The unreachable host that it ran on, while it shall run elsewhere from now on. */
  readonly leaves?: HostName;
  readonly reach: Reach;
  /** Stopped by `niyanta stop`, and stays so. */
  readonly stopped: boolean;
}

export interface Situation {
  readonly hosts: readonly ReachableHost[];
  readonly unreachable: readonly Extract<ObservedHost, {reachable: false}>[];
  /** Of desired ∪ observed ∪ locked, sorted by service and replica. */
  readonly replicas: readonly Replica[];
}

/** Errors: OutsideError `host-unreachable`, UserError `unknown-service` for a target. */
export function situationOf(input: PlanInput): Situation {
  const {hosts, unreachable} = refuseUnreachable(input);
  const lost = new Set(unreachable.map(({host}) => host));
  const own = ownContainers(input, hosts);
  const reach = reachOf(input);
  const drained = new Set([
    ...hosts.filter(host => host.drained).map(({host}) => host),
    ...input.project.hosts.filter(host => host.drain).map(({name}) => name),
  ]);

  const found = new Map<string, {service: ServiceName; replica: number}>();
  const note = (service: ServiceName, replica: number) => found.set(replicaKey({service, replica}), {service, replica});
  for (const {name, replicas} of input.stack.services) for (let n = 1; n <= replicas; n++) note(name, n);
  for (const {service, replica} of own) note(service, replica);
  for (const [service, placements] of Object.entries(input.lock?.placements ?? {})) {
    for (const {replica, host} of placements) if (lost.has(host)) note(service, replica);
  }

  const replicas = [...found.values()].sort(compareReplicas).map(({service, replica}): Replica => {
    const wanted = input.stack.services.find(({name, replicas: count}) => name === service && replica <= count);
    const locked = input.lock?.placements[service]?.find(placement => placement.replica === replica);
    const mine = own.filter(one => one.service === service && one.replica === replica);
    const [current, ...extras] = [...mine].sort(bestFirst(input, wanted, drained));
    const silent = !current && locked && lost.has(locked.host) ? locked.host : undefined;
    const leaves = silent !== undefined && input.options.moveLost === true && mayLeave(input, wanted);
    return {
      service,
      replica,
      desired: wanted,
      current,
      extras,
      locked,
      lostOn: leaves ? undefined : silent,
      ...(leaves && {leaves: silent}),
      reach: reach(service),
      stopped:
        (input.lock?.stopped.includes(service) ?? false) ||
        (current !== undefined && !isRunning(current) && (current.manifest?.stopped ?? false)),
    };
  });
  return {hosts, unreachable, replicas};
}

/** Data stays where it is: only what has none, or may lose it, runs elsewhere meanwhile. */
export const mayLeave = ({stack}: Pick<PlanInput, 'stack'>, service: Service | undefined): boolean =>
  service?.volumes.every(({volume}) => stack.volumes.find(({name}) => name === volume)?.onLost === 'reschedule') ??
  false;

/** The hosts by reach, sorted by name. Errors: OutsideError `host-unreachable` for more than may be left out. */
export function refuseUnreachable(input: {
  readonly observed: readonly ObservedHost[];
  readonly options: {readonly maxUnreachable: number};
}): Pick<Situation, 'hosts' | 'unreachable'> {
  const observed = [...input.observed].sort((a, b) => (a.host < b.host ? -1 : 1));
  const hosts = observed.filter(host => host.reachable);
  const unreachable = observed.filter(host => !host.reachable);
  if (unreachable.length > input.options.maxUnreachable)
    throw unreachableError(unreachable, input.options.maxUnreachable);
  return {hosts, unreachable};
}

/**
 * Which of several containers of one replica counts: the one that is as desired, on a host it may stay on, running;
 * then the newest. The others are leftovers of an interrupted plan.
 */
function bestFirst(input: PlanInput, service: Service | undefined, drained: ReadonlySet<HostName>) {
  const rank = (own: Own): readonly number[] => [
    Number(!exists(own)),
    Number(!(service && isAsDesired(input, service, own))),
    Number(own.container.deviations?.some(({aspect}) => aspect === 'container') ?? false),
    Number(drained.has(own.host)),
    Number(!isRunning(own)),
    -(own.manifest?.serial ?? 0),
    -Date.parse(own.manifest?.createdAt ?? '1970-01-01T00:00:00Z'),
  ];
  return (a: Own, b: Own): number => {
    const left = rank(a);
    const right = rank(b);
    const difference = left.map((value, index) => value - right[index]!).find(value => value !== 0);
    return difference ?? (a.host === b.host ? (a.id < b.id ? -1 : 1) : a.host < b.host ? -1 : 1);
  };
}

function isAsDesired(input: PlanInput, service: Service, {manifest, replica, host}: Own): boolean {
  if (!manifest) return false;
  const {spec} = manifest;
  const wanted = desiredSpec(input, service, {replica, host, id: spec.id, network: spec.network}, spec);
  return !compareSpecs(spec, wanted, input.naming.runtimeHash).some(change => change.forces);
}

function reachOf({options: {targets}, stack}: PlanInput): (service: ServiceName) => Reach {
  if (!targets || targets.length === 0) return () => 'all';
  for (const target of targets) {
    if (stack.services.some(({name}) => name === target)) continue;
    throw new UserError({
      code: 'unknown-service',
      message: `stack ${stack.name} has no service ${target}`,
      hint: `Services: ${stack.services.map(({name}) => name).join(', ')}`,
    });
  }
  const needed = new Set(targets.flatMap(target => [...needsOf(target, stack.services)]));
  return service => (targets.includes(service) ? 'all' : needed.has(service) ? 'missing' : 'none');
}

function unreachableError(unreachable: Situation['unreachable'], allowed: number): OutsideError {
  const names = unreachable.map(({host}) => host);
  const many = allowed > 0 ? [tooManyUnreachable(unreachable.length, allowed)] : [];
  return new OutsideError({
    code: 'host-unreachable',
    message: [...many, ...unreachable.map(({host, error}) => `host ${host} is unreachable: ${error}`)].join('\n'),
    hint: `--allow-unreachable leaves ${names.join(', ')} out; niyanta doctor looks for the cause.`,
    host: names[0],
    transient: true,
  });
}
