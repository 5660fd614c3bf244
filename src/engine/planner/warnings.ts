import {compareSpecs} from './compare-specs.ts';
import {desiredSpec} from './desired-spec.ts';
import type {PlanInput} from './plan-input.ts';
import type {Sorted} from './reconcile.ts';
import type {Situation} from './situation.ts';

/** Things worth knowing that change nothing. */
export function warningsOf(input: PlanInput, {unreachable}: Situation, sorted: readonly Sorted[]): readonly string[] {
  return [
    ...unreachable.map(({host, error}) => `host ${host} is unreachable and was left out: ${error}`),
    ...sorted
      .filter(({bucket}) => bucket === 'lost')
      .map(
        ({replica, host}) =>
          `${replica.service} ${replica.replica} is on ${host}, which is unreachable; it is neither changed nor moved`,
      ),
    ...input.stack.services.flatMap(service => stoppedWarning(input, service.name, sorted)),
    ...input.stack.services.flatMap(service => emptyNeeds(input, service.name)),
  ];
}

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

function emptyNeeds(input: PlanInput, name: string): readonly string[] {
  const {services} = input.stack;
  const service = services.find(other => other.name === name)!;
  if (service.replicas === 0) return [];
  return service.needs
    .filter(needed => services.find(other => other.name === needed)?.replicas === 0)
    .map(needed => `${name} needs ${needed}, which has 0 replicas`);
}
