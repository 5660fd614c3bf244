import {compareSpecs} from './compare-specs.ts';
import {desiredSpec} from './desired-spec.ts';
import type {PlanInput} from './plan-input.ts';
import type {Sorted} from './reconcile.ts';
import {routeWarnings} from './routes.ts';
import {mayLeave, type Replica, type Situation} from './situation.ts';
import {type LostVolume, lostVolumes} from './volumes.ts';

/** Things worth knowing that change nothing. */
export function warningsOf(input: PlanInput, situation: Situation, sorted: readonly Sorted[]): readonly string[] {
  const {unreachable} = situation;
  return [
    ...lostVolumes(input, situation).map(lostVolumeWarning),
    ...unreachable.map(({host, error}) => `host ${host} is unreachable and was left out: ${error}`),
    ...sorted
      .filter(({bucket}) => bucket === 'lost')
      .map(
        ({replica, host}) =>
          `${replica.service} ${replica.replica} is on ${host}, which is unreachable; it is neither changed nor moved${
            mayLeave(input, replica.desired) ? ' (--move-lost starts it elsewhere)' : ''
          }`,
      ),
    ...sorted.flatMap(({replica, host}) => leftVolumes(replica, host)),
    ...backAgain(input, situation),
    ...input.stack.services.flatMap(service => stoppedWarning(input, service.name, sorted)),
    ...input.stack.services.flatMap(service => emptyNeeds(input, service.name)),
    ...fixedScale(input),
    ...routeWarnings(input),
    ...strangers(situation),
  ];
}

/** Hosts that changes went on without, and that answer again. */
const backAgain = ({lock}: PlanInput, {hosts}: Situation): readonly string[] =>
  hosts.flatMap(({host}) => {
    const absent = lock?.quarantine?.[host];
    return absent ? [`host ${host} answers again; it was in quarantine since ${absent.since}, and catches up now`] : [];
  });

/** Told for each: what is in them is not there where it starts. */
const leftVolumes = ({service, replica, desired, leaves}: Replica, to: string | undefined): readonly string[] =>
  leaves === undefined
    ? []
    : (desired?.volumes ?? []).map(
        ({volume}) =>
          `${service} ${replica} starts on ${to} without the data of its volume ${volume}, which stays on ${leaves} (onLost: reschedule)`,
      );

function lostVolumeWarning({service, replica, host, volume, path, running}: LostVolume): string {
  const gone = `DATA LOSS: ${host}:${path} is gone, where ${service} ${replica} keeps volume ${volume}`;
  return running
    ? `${gone}; ${service} ${replica} is left as it is, with what it has open. Put the folder back, or make an empty one, then: niyanta restart ${service}`
    : `${gone}; it starts with an empty one, unless the folder is put back before`;
}

/** Containers in our namespace that nobody says are ours. */
function strangers({hosts, replicas}: Situation): readonly string[] {
  const own = new Set(replicas.flatMap(({current, extras}) => (current ? [current, ...extras] : [])).map(keyOf));
  return hosts.flatMap(({host, containers}) =>
    containers
      .filter(({id, manifest, identity}) => !manifest && !identity && !own.has(keyOf({host, id})))
      .map(
        ({id}) => `container ${id} on ${host} is in containerd's namespace niyanta and not niyanta's; it is left alone`,
      ),
  );
}

const keyOf = ({host, id}: {readonly host: string; readonly id: string}): string => `${host}/${id}`;

function stoppedWarning(input: PlanInput, service: string, sorted: readonly Sorted[]): readonly string[] {
  const held = sorted.filter(
    ({bucket, replica}) => bucket === 'held' && replica.stopped && replica.service === service,
  );
  if (held.length === 0) return [];
  const waiting = held.some(({replica: {desired, current}}) => {
    if (!desired) return false;
    if (!current?.manifest) return true;
    const {spec} = current.manifest;
    const same = {replica: spec.replica, host: spec.host, id: spec.id, network: spec.network};
    return compareSpecs(spec, desiredSpec(input, desired, same, spec), input.naming.runtimeHash).length > 0;
  });
  const changes = waiting ? '; its changes wait until then' : '';
  return [`${service} was stopped on purpose and stays so (niyanta start ${service} runs it)${changes}`];
}

/** What follows its load only where a coordinator looks at it. */
const fixedScale = ({stack, options}: PlanInput): readonly string[] =>
  options.served
    ? []
    : stack.services
        .filter(({scale}) => scale)
        .map(({name, replicas}) => `${name} has ${replicas} replicas whatever its load: scale needs apply --server`);

function emptyNeeds(input: PlanInput, name: string): readonly string[] {
  const {services} = input.stack;
  const service = services.find(other => other.name === name)!;
  if (service.replicas === 0) return [];
  return service.needs
    .filter(needed => services.find(other => other.name === needed)?.replicas === 0)
    .map(needed => `${name} needs ${needed}, which has 0 replicas`);
}
