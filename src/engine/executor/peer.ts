import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {Peer} from './actions.ts';

/** How others on the host know this container. */
export const peer = (spec: ContainerSpec): Peer => ({
  id: spec.id,
  service: spec.service,
  replica: spec.replica,
  address: spec.network.address,
});
