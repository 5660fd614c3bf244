import {tryPlacements} from '../../coordinator/requests/placements.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Methods} from '../calls/caller.ts';
import {customer} from '../wire/read-fields.ts';
import {describedHosts, strategyOf, wantedPlacements} from '../wire/read-placement.ts';

/** Placement as a service: the scheduler answers, and nothing happens. */
export const placementMethods = (reception: Reception): Pick<Methods, 'TryPlacement'> => ({
  async TryPlacement(request, {who}) {
    const placements = await tryPlacements(reception, who, {
      customer: customer(request.customer),
      workloads: wantedPlacements(request.workloads),
      ...(request.hosts.length > 0 && {hosts: describedHosts(request.hosts)}),
      strategy: strategyOf(request.strategy),
    });
    const placed = placements.filter(({worker}) => worker !== undefined).length;
    return {
      placements: placements.map(({worker = '', ...rest}) => ({...rest, worker})),
      placed,
      unplaced: placements.length - placed,
    };
  },
});
