import {dependantsOf} from '../../scheduler/needs-order.ts';
import {formatDuration} from '../../spec/quantities.ts';
import type {Service, ServiceName} from '../../spec/stack.ts';
import type {ReleaseMember, ReleaseRecord} from '../../state/lock-file.ts';
import {isRunning, type Own} from '../ownership.ts';
import type {SwitchOperation} from '../plan.ts';
import type {PlanInput} from '../plan-input.ts';
import {isListed} from '../releases.ts';
import {type ContainerDraft, type ReplicaSteps, removal} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';

type SwitchDraft = Omit<SwitchOperation, 'after'>;

export interface BySwitch {
  /** With new replicas that wait for a switch, where there is one. */
  readonly steps: readonly ReplicaSteps[];
  readonly switches: readonly SwitchDraft[];
  readonly warnings: readonly string[];
}

/** One service that gets new replicas by a switch. */
interface Release {
  readonly service: Service;
  readonly strategy: ReleaseRecord['strategy'];
  readonly staged: readonly ReplicaSteps[];
  readonly from: readonly ReleaseMember[];
  readonly record?: ReleaseRecord;
}

/**
 * Services that are released all at once or as a canary: their new replicas start beside the old ones, which stay until
 * one switch for all. Blue-green services of a stack share one switch; a canary has its own. What cannot run beside its
 * old self is left to be replaced one after another, and that is told.
 */
export function bySwitch(input: PlanInput, steps: readonly ReplicaSteps[]): BySwitch {
  const changed = new Map<ReplicaSteps, ReplicaSteps>();
  const releases: Release[] = [];
  const warnings: string[] = [];
  for (const service of input.stack.services) {
    const strategy = strategyOf(input, service);
    const record = input.lock?.releases?.[service.name];
    const mine = steps.filter(({sorted: {replica}}) => replica.service === service.name && replica.reach === 'all');
    if (strategy && record && isOpen(record, mine)) {
      for (const step of mine) if (isPartOf(record, step)) changed.set(step, leftAsItIs(record, step));
      warnings.push(openText(service.name, record));
      continue;
    }
    if (!strategy) continue;
    const stuck = mine.find(({main, stopsBecause}) => main?.how === 'replace' && stopsBecause !== undefined);
    if (stuck) {
      warnings.push(`${service.name} is not released by a switch this time: ${stuck.stopsBecause}`);
      continue;
    }
    const release = releaseOf(input, service, strategy, mine, record);
    if (!release) continue;
    if (record && release.record === undefined) warnings.push(`replaces the open release of ${service.name}`);
    if (release.record) warnings.push(goesOnText(service.name, release.record));
    releases.push(release);
    for (const [index, step] of mine.entries()) changed.set(step, release.staged[index]!);
  }
  return {steps: steps.map(step => changed.get(step) ?? step), switches: switchesOf(releases), warnings};
}

/** Switches wait for all of their new replicas; what needs their services, and is not switched with them, for them. */
export function addSwitches(
  graph: OperationGraph,
  input: PlanInput,
  switches: readonly SwitchDraft[],
  steps: readonly ReplicaSteps[],
): void {
  for (const one of switches) {
    graph.add(one);
    const of = (services: readonly ServiceName[]) =>
      steps.filter(({sorted}) => services.includes(sorted.replica.service));
    for (const {main} of of(one.services)) if (main?.staged) graph.wait(one.id, main.id);
    const dependants = one.services
      .flatMap(service => dependantsOf(service, input.stack.services).map(({name}) => name))
      .filter(name => !one.services.includes(name));
    for (const {main} of of(dependants)) if (main) graph.prefer(main.id, [one.id]);
    for (const {removals} of of(one.services)) for (const {id} of removals) graph.prefer(id, [one.id]);
  }
}

function strategyOf({stack}: PlanInput, {update}: Service): ReleaseRecord['strategy'] | undefined {
  if (update.strategy === 'blue-green' || update.strategy === 'canary') return update.strategy;
  return stack.release === 'atomic' && update.strategy === 'rolling' ? 'blue-green' : undefined;
}

const isNew = (record: ReleaseRecord, own: Own | undefined): boolean =>
  own !== undefined && record.new.some(({id, host}) => id === own.id && host === own.host);

const isPartOf = (record: ReleaseRecord, {sorted: {replica}}: ReplicaSteps): boolean => isNew(record, replica.current);

/** All of its new replicas are as desired and run: nothing changed since it was left open. */
function isOpen(record: ReleaseRecord, mine: readonly ReplicaSteps[]): boolean {
  if (record.phase !== 'open' || record.weight >= 100) return false;
  const parts = mine.filter(step => isPartOf(record, step));
  return (
    parts.length === record.new.length &&
    parts.every(({sorted: {bucket, replica}}) => bucket === 'restart' && isRunning(replica.current!)) &&
    mine.every(({main}) => main === undefined || main.how === 'start')
  );
}

/** Both sides run on; what is of neither goes. */
function leftAsItIs(record: ReleaseRecord, {sorted, removals}: ReplicaSteps): ReplicaSteps {
  const old = new Set(record.old.map(({id}) => id));
  return {sorted, removals: removals.filter(({previous}) => !old.has(previous[0]!.id))};
}

function releaseOf(
  input: PlanInput,
  service: Service,
  strategy: ReleaseRecord['strategy'],
  mine: readonly ReplicaSteps[],
  record: ReleaseRecord | undefined,
): Release | undefined {
  // An apply that was cut short: its new replicas are there, and as desired.
  const goesOn =
    record !== undefined &&
    record.weight < 100 &&
    mine.some(step => step.main?.how === 'start' && isPartOf(record, step));
  if (!goesOn && !mine.some(({main}) => main?.how === 'replace')) return undefined;
  const from: ReleaseMember[] = [];
  const staged = mine.map(step => {
    const {main, sorted} = step;
    const waiting = goesOn && main?.how === 'start' && isPartOf(record, step);
    if (!main?.spec || !(main.how === 'replace' || main.how === 'create' || waiting)) return step;
    const {current, extras} = sorted.replica;
    const beside = waiting ? extras : current ? [current, ...extras] : extras;
    const serving = beside.filter(own => isRunning(own) && own.manifest && isListed(input.lock, own));
    from.push(...serving.map(memberOf));
    const others = beside.filter(own => !serving.includes(own));
    return {
      sorted,
      main: {...main, how: waiting ? 'start' : 'create', order: 'start-first', previous: [], staged: true},
      removals: others.map(own => removal(own, 'left over from an earlier release')),
    } satisfies ReplicaSteps;
  });
  if (!staged.some(({main}) => main?.staged)) return undefined;
  return {service, strategy, staged, from, ...(goesOn && {record})};
}

function switchesOf(releases: readonly Release[]): readonly SwitchDraft[] {
  const together = releases.filter(({strategy}) => strategy === 'blue-green');
  const alone = releases.filter(({strategy}) => strategy === 'canary').map(release => [release]);
  return [together, ...alone].flatMap(group => (group.length > 0 ? [switchOf(group)] : []));
}

function switchOf(group: readonly Release[]): SwitchDraft {
  const [{strategy, service, record, from}] = group as readonly [Release];
  const to = group.flatMap(({staged}) => staged.flatMap(({main}) => (main?.staged ? [memberOfDraft(main)] : [])));
  const all = strategy === 'canary' && from.length > 0 ? (service.update.steps ?? []) : [];
  const steps = all.filter(({weight}) => weight >= (record?.weight ?? 0));
  const services = group.map(one => one.service.name);
  const promote = group.some(one => one.service.update.promote === 'manual') ? 'manual' : 'auto';
  return {
    id: `switch:${services.join('+')}`,
    kind: 'switch',
    action: 'update',
    host: to[0]!.host,
    reason: switchText(strategy, steps, promote),
    changes: [],
    services,
    strategy,
    to,
    from: group.flatMap(one => one.from),
    weight: record?.weight ?? 0,
    steps,
    stepsBefore: all.length - steps.length,
    ...(strategy === 'canary' && {judge: service.update.judge}),
    sticky: record?.sticky ?? false,
    promote,
  };
}

function switchText(strategy: string, steps: SwitchOperation['steps'], promote: 'auto' | 'manual'): string {
  const then =
    promote === 'manual' ? 'stays open until niyanta release promote' : 'all at once, then the old ones stop';
  if (strategy === 'blue-green' || steps.length === 0) return then;
  return `${steps.map(({weight, pauseMs}) => `${weight}% for ${formatDuration(pauseMs)}`).join(', ')}, then ${then}`;
}

const openText = (service: ServiceName, {since, weight}: ReleaseRecord): string =>
  `the release of ${service} is open since ${since}, ${weight}% to the new replicas, and stays so: niyanta release promote or abort`;

const goesOnText = (service: ServiceName, {since, weight, phase}: ReleaseRecord): string =>
  `goes on with the release of ${service} of ${since}, ${phase === 'open' ? 'open' : 'interrupted'} at ${weight}%`;

const memberOf = ({host, id, service, replica, manifest}: Own): ReleaseMember => ({
  host,
  id,
  service,
  replica,
  address: manifest!.spec.network.address,
});

function memberOfDraft({spec}: ContainerDraft): ReleaseMember {
  const {host, id, service, replica, network} = spec!;
  return {host, id, service, replica, address: network.address};
}
