import {createHash} from 'node:crypto';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {HostName, Service} from '../spec/stack.ts';
import {canonical} from './canonical.ts';
import {desiredSpec} from './desired-spec.ts';
import type {Networks} from './networks.ts';
import {scopeOf} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';
import type {Replica} from './situation.ts';

/** The spec of a container that does not exist yet, with an id and an address that nothing on the host has. */
export function newContainer(
  input: PlanInput,
  service: Service,
  {replica, current}: Replica,
  host: HostName,
  networks: Networks,
): ContainerSpec {
  const network = networks.join(host);
  const draft = desiredSpec(input, service, {replica, host, id: '', network}, current?.manifest?.spec);
  // The address is free, so it alone tells the new container from those that exist; the serial tells it from those
  // that existed before, whose logs may still be there.
  const distinction = createHash('sha256')
    .update(canonical([draft, input.serial]))
    .digest('hex')
    .slice(0, 6);
  const id = input.naming.containerId({...scopeOf(input), service: service.name, replica, distinction});
  return {...draft, id};
}
