import type {FastifyRequest} from 'fastify';
import {z} from 'zod';
import {actorOf, notFound, ownerAsked, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import {putSchedule, putSplitSchedule} from '../../coordinator/requests/put-schedule.ts';
import type {Scope} from '../../coordinator/store/store.ts';
import {scheduleOf} from '../answers/schedule.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {writtenOf} from '../request/written.ts';
import {scheduleAnswer, scheduleParams} from '../schemas/schedule.ts';
import {submission, variantsOf} from '../schemas/submission.ts';
import {customerId, listOf} from '../schemas/wire.ts';

const tags = ['schedules'];
const forCustomer = z.strictObject({customer: customerId.optional()});
const scheduled = submission.omit({notBefore: true, after: true});
const body = scheduled.meta({id: 'ScheduleBody', examples: [example()]});
const splitBody = z.strictObject({variants: variantsOf(scheduled)}).meta({id: 'SplitSchedule'});

export function scheduleRoutes(server: ApiServer, parts: ApiParts): void {
  const {store} = parts.coordinator;

  const askedBy = async (request: FastifyRequest, customer: string | undefined) => {
    const who = whoOf(request);
    return {who, requestId: request.id, owner: await ownerAsked(who, customer, parts)};
  };

  const find = async (scope: Scope, id: string) => {
    const row = (await store.schedules(scope)).find(each => each.id === id);
    if (row === undefined) throw notFound('schedule');
    return row;
  };

  server.post(
    '/v1/schedules',
    {
      bodyLimit: parts.settings.submissionLimit,
      schema: {
        operationId: 'putSchedule',
        tags,
        summary: "Submit a workload at the times of its `schedule`; replaces the customer's one of the same name.",
        querystring: forCustomer,
        body,
        response: {201: scheduleAnswer},
      },
    },
    async (request, reply) => {
      const row = await putSchedule(parts, writtenOf(request.body), await askedBy(request, request.query.customer));
      return reply.code(201).header('Location', `/v1/schedules/${row.id}`).send(scheduleOf(row));
    },
  );

  server.post(
    '/v1/schedules/split',
    {
      bodyLimit: parts.settings.submissionLimit,
      schema: {
        operationId: 'putSplitSchedule',
        tags,
        summary: 'Submit one of several versions of a workload, by weight, at the times of their `schedule`.',
        description: 'Which one follows from a hash of its name and the time.',
        querystring: forCustomer,
        body: splitBody,
        response: {201: scheduleAnswer},
      },
    },
    async (request, reply) => {
      const written = request.body.variants.map(({submission, weight}) => ({
        submission: writtenOf(submission),
        weight,
      }));
      const row = await putSplitSchedule(parts, written, await askedBy(request, request.query.customer));
      return reply.code(201).header('Location', `/v1/schedules/${row.id}`).send(scheduleOf(row));
    },
  );

  server.get(
    '/v1/schedules',
    {
      schema: {
        operationId: 'listSchedules',
        tags,
        summary: 'List schedules.',
        querystring: forCustomer,
        response: {200: listOf(scheduleAnswer)},
      },
    },
    async request => {
      const rows = await store.schedules(scopeAsked(whoOf(request), request.query.customer));
      return {items: rows.map(scheduleOf)};
    },
  );

  server.get(
    '/v1/schedules/:id',
    {
      schema: {
        operationId: 'getSchedule',
        tags,
        summary: 'Show a schedule.',
        params: scheduleParams,
        response: {200: scheduleAnswer},
      },
    },
    async request => scheduleOf(await find(scopeOf(whoOf(request)), request.params.id)),
  );

  server.delete(
    '/v1/schedules/:id',
    {
      schema: {
        operationId: 'removeSchedule',
        tags,
        summary: 'Remove a schedule; what it has submitted stays.',
        params: scheduleParams,
        response: {204: z.null()},
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const there = await store.removeSchedule(scopeOf(who), request.params.id, actorOf(who, request.id));
      if (!there) throw notFound('schedule');
      return reply.code(204).send(null);
    },
  );

  const changes = [
    {verb: 'suspend', suspended: true, operationId: 'suspendSchedule', summary: 'Submit nothing until it is resumed.'},
    {verb: 'resume', suspended: false, operationId: 'resumeSchedule', summary: 'Submit again at its times.'},
  ];
  for (const {verb, suspended, operationId, summary} of changes) {
    server.post(
      `/v1/schedules/:id/${verb}`,
      {schema: {operationId, tags, summary, params: scheduleParams, response: {200: scheduleAnswer}}},
      async request => {
        const who = whoOf(request);
        const actor = actorOf(who, request.id);
        if (!(await store.setSuspended(scopeOf(who), request.params.id, suspended, actor))) throw notFound('schedule');
        return scheduleOf(await find(scopeOf(who), request.params.id));
      },
    );
  }
}

function example() {
  const schedule = {cron: '0 3 * * *', timeZone: 'Europe/Vilnius', missed: 'skip'};
  return {workload: {name: 'report', image: 'docker.io/library/busybox:1.37', command: ['true'], schedule}};
}
