import {z} from 'zod';
import {invalidRequest, ownerAsked} from '../../coordinator/access/index.ts';
import {tryPlacement} from '../../coordinator/requests/try-placement.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {placementBody, placementsAnswer} from '../schemas/placement.ts';
import {customerId} from '../schemas/wire.ts';

/** Of one request, all counts together. */
const mostPlaced = 10_000;

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
      const owner = await ownerAsked(who, request.query.customer, parts);
      const {workloads, hosts, strategy} = request.body;
      if (workloads.reduce((sum, {count}) => sum + count, 0) > mostPlaced) {
        throw invalidRequest([
          {code: 'too-many', detail: `are more than ${mostPlaced} by their counts`, path: ['workloads']},
        ]);
      }
      const read = await Promise.all(
        workloads.map(({workload}, index) => parts.reader.read(workload, ['workloads', index, 'workload'])),
      );
      const which = workloads.flatMap(({count}, index) =>
        Array.from({length: count}, (_, number) => ({workload: index, number: number + 1})),
      );
      const tried = await tryPlacement(parts.coordinator, {
        customer: owner.id,
        workloads: which.map(({workload}) => read[workload]!),
        ...(hosts && {workers: hosts}),
        strategy,
      });
      // Names of hosts that it does not run on are not for customers; those of their own request are.
      const names = who.customer === undefined || hosts !== undefined;
      const placements = tried.map(({worker, because, rejected}, index) => ({
        ...which[index]!,
        name: read[which[index]!.workload]!.name,
        worker,
        because,
        rejected: rejected.map(each => ({...each, some: names ? [...each.some] : []})),
      }));
      const placed = placements.filter(({worker}) => worker !== undefined).length;
      return {placements, placed, unplaced: placements.length - placed};
    },
  );
}
