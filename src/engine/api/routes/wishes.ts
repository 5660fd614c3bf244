import {actorOf, notFound, scopeOf} from '../../coordinator/access/index.ts';
import {cancelAll} from '../../coordinator/requests/cancel-all.ts';
import type {Wish} from '../../coordinator/store/store.ts';
import {workloadOf} from '../answers/workload.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {cancelFilter, cancelled} from '../schemas/submission.ts';
import {workloadAnswer, workloadParams} from '../schemas/workload.ts';

const wishes: readonly {readonly wish: Wish; readonly operationId: string; readonly summary: string}[] = [
  {wish: 'cancel', operationId: 'cancelWorkload', summary: 'Cancel a workload; what runs is stopped.'},
  {wish: 'pause', operationId: 'pauseWorkload', summary: 'Pause a workload, after a checkpoint where it writes any.'},
  {wish: 'resume', operationId: 'resumeWorkload', summary: 'Let a paused workload go on.'},
  {wish: 'retry', operationId: 'retryWorkload', summary: 'Try a workload again that failed or was cancelled.'},
];

/** What people ask of workloads. Of what runs, the answer has the wish (`wanted`) until it is so. */
export function wishRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  for (const {wish, operationId, summary} of wishes) {
    server.post(
      `/v1/workloads/:id/${wish}`,
      {schema: {operationId, tags: ['workloads'], summary, params: workloadParams, response: {200: workloadAnswer}}},
      async request => {
        const who = whoOf(request);
        const row = await coordinator.ask(scopeOf(who), request.params.id, wish, actorOf(who, request.id));
        if (row === undefined) throw notFound('workload');
        return workloadOf(row);
      },
    );
  }

  server.post(
    '/v1/workloads/batch/cancel',
    {
      schema: {
        operationId: 'cancelBatch',
        tags: ['workloads'],
        summary: 'Cancel all workloads that a filter finds, newest first, at most 10,000.',
        description: 'Those that have ended meanwhile are left out of the answer.',
        body: cancelFilter,
        response: {200: cancelled},
      },
    },
    async request => {
      const who = whoOf(request);
      const rows = await cancelAll(coordinator, scopeOf(who), request.body, actorOf(who, request.id));
      return {items: rows.map(({id, state, wanted}) => ({id, state, wanted}))};
    },
  );
}
