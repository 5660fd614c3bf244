import type {z} from 'zod';
import {actorOf, notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {accepted} from '../request/accepted-change.ts';
import {whoOf} from '../request/gate.ts';
import {servedStacks} from '../request/served-stacks.ts';
import {changeAnswer, environmentParams, releaseBody, releasesAnswer, servicesBody} from '../schemas/environment.ts';

const tags = ['environments'];
const changes = {params: environmentParams, response: {202: changeAnswer}};

/** What is done to services of an environment as they were applied: releases brought to their end, starts and stops. */
export function environmentOperationRoutes(server: ApiServer, parts: ApiParts): void {
  const environments = servedStacks(parts);

  server.get(
    '/v1/environments/:id/releases',
    {
      schema: {
        operationId: 'listReleases',
        tags,
        summary: 'Show releases that are open or going on: who gets which part of the requests.',
        params: environmentParams,
        response: {200: releasesAnswer},
      },
    },
    async request => {
      const status = await environments().releases(scopeOf(whoOf(request)), request.params.id);
      if (!status) throw notFound('environment');
      // As `niyanta release status --json` prints it; its type is wider than what the document promises of it.
      return status as unknown as z.output<typeof releasesAnswer>;
    },
  );

  const ends = [
    {what: 'promote', operationId: 'promoteRelease', summary: 'Send all requests to the new replicas of a release.'},
    {what: 'abort', operationId: 'abortRelease', summary: 'Go back to the old replicas of a release.'},
  ] as const;
  for (const {what, operationId, summary} of ends) {
    server.post(
      `/v1/environments/:id/${what}`,
      {
        schema: {
          operationId,
          tags,
          summary,
          description: 'Answers with the change that does it; while one is at the release, that one is asked to.',
          body: releaseBody,
          ...changes,
        },
      },
      async (request, reply) => {
        const who = whoOf(request);
        const wish = {what, service: request.body.service};
        const {id} = request.params;
        return accepted(reply, await environments().endRelease(scopeOf(who), id, wish, actorOf(who, request.id)));
      },
    );
  }

  const verbs = [
    {verb: 'start', operationId: 'startServices', summary: 'Start services that were stopped.'},
    {verb: 'stop', operationId: 'stopServices', summary: 'Stop services; they stay so, whatever is healed.'},
    {verb: 'restart', operationId: 'restartServices', summary: 'Restart services, one replica after another.'},
  ] as const;
  for (const {verb, operationId, summary} of verbs) {
    server.post(
      `/v1/environments/:id/${verb}`,
      {schema: {operationId, tags, summary, body: servicesBody, ...changes}},
      async (request, reply) => {
        const who = whoOf(request);
        const wish = {verb, services: request.body.services};
        const {id} = request.params;
        return accepted(reply, await environments().operate(scopeOf(who), id, wish, actorOf(who, request.id)));
      },
    );
  }
}
