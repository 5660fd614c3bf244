import {z} from 'zod';
import {tryPlacements} from '../../coordinator/requests/placements.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {placementBody, placementsAnswer} from '../schemas/placement.ts';
import {customerId} from '../schemas/wire.ts';

/** Placement as a service: the scheduler answers, and nothing happens. */
export function placementRoutes(server: ApiServer, parts: ApiParts): void {
  server.post(
    '/v1/schedule',
    {
      schema: {
        operationId: 'tryPlacement',
        tags: ['workloads'],
        summary: 'Ask where workloads would run now, or on hosts that you describe. Nothing is reserved.',
        description: 'Room, ports and affinities count; quotas and workloads that wait do not. Nobody is preempted.',
        querystring: z.strictObject({customer: customerId.optional()}),
        body: placementBody,
        response: {200: placementsAnswer},
      },
    },
    async request => {
      const who = whoOf(request);
      const {workloads, hosts, strategy} = request.body;
      const wish = {...request.query, workloads, ...(hosts && {hosts}), strategy};
      const placements = (await tryPlacements(parts, who, wish)).map(each => ({
        ...each,
        rejected: each.rejected.map(one => ({...one, some: [...one.some]})),
      }));
      const placed = placements.filter(({worker}) => worker !== undefined).length;
      return {placements, placed, unplaced: placements.length - placed};
    },
  );
}
