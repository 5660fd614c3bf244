import {z} from 'zod';
import {time} from './wire.ts';

export const logLine = z
  .object({
    id: z.string().describe('Where a reader goes on: `after`, or Last-Event-ID.'),
    at: time,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
    attempt: z.int().min(1),
  })
  .meta({id: 'LogLine'});

export const logsAnswer = z
  .object({items: z.array(logLine), next: z.string().optional().describe('Give it as `after` for what comes next.')})
  .meta({id: 'Logs'});

export const logsQuery = z.strictObject({
  attempt: z.coerce.number().int().min(1).max(2_147_483_647).optional().describe('The newest when not given.'),
  after: z.string().max(200).optional().describe('`next` of the answer before, or the `id` of a line.'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('Lines of a JSON answer.'),
});
