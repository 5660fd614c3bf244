import {z} from 'zod';
import {actor, customerId, manyOf, pageQuery, time, word, workloadId} from './wire.ts';
import {workloadState} from './workload.ts';

export const eventAnswer = z
  .object({
    seq: z.int().describe('Grows; there may be gaps. Who goes on from the last one seen misses none.'),
    at: time,
    type: z.string(),
    customer: customerId.optional(),
    workload: workloadId.optional(),
    attempt: z.int().optional(),
    from: workloadState.optional(),
    to: workloadState.optional(),
    actor,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({id: 'Event'});

export const auditQuery = z.strictObject({
  workload: workloadId.optional(),
  type: manyOf(word).describe('Types, separated by commas.'),
  order: z.enum(['oldest', 'newest']).default('oldest').describe('What comes first.'),
  ...pageQuery,
});

/** What a client of the WebSocket sends. */
export const socketRequest = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    id: z.string().min(1).max(64).describe("The client's own name of the subscription."),
    workload: workloadId.optional(),
    types: z.array(word).min(1).max(50).optional(),
    after: z.int().min(0).optional().describe('Goes on after this `seq`; only what happens from now on, without it.'),
  }),
  z.strictObject({op: z.literal('unsubscribe'), id: z.string().min(1).max(64)}),
]);
