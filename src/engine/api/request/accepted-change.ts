import type {FastifyReply} from 'fastify';
import {notFound} from '../../coordinator/access/index.ts';
import type {ChangeRow} from '../../coordinator/environments/environments.ts';
import {changeOf} from '../answers/environment.ts';

/** Answers with a change that is kept and will be carried out. Errors: Refusal 404 where there is no environment. */
export function accepted(reply: FastifyReply, row: ChangeRow | undefined): FastifyReply {
  if (!row) throw notFound('environment');
  return reply
    .code(202)
    .header('Location', `/v1/environments/${row.environment}/changes/${row.number}`)
    .send(changeOf(row));
}
