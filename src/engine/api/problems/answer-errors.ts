import type {FastifyReply, FastifyRequest} from 'fastify';
import {problemOf} from '../../coordinator/requests/problem-of.ts';
import {knownRefusal} from './framework-refusal.ts';

/** Whatever is thrown, in the one shape; what is ours goes to the log whole. `failed` counts. */
export const answersErrors =
  (failed: (code: string) => void) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const {problem, headers, ours} = problemOf(knownRefusal(error), request.id);
    if (ours) request.log.error({err: error, requestId: request.id}, 'a request failed');
    failed(problem.code);
    if (reply.sent) return;
    reply
      .code(problem.status)
      .headers({'X-Request-Id': request.id, ...headers})
      .type('application/problem+json')
      .serializer(JSON.stringify)
      .send(problem);
  };
