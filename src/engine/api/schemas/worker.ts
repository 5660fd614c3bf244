import {z} from 'zod';
import {time, word} from './wire.ts';

export const workerAnswer = z
  .object({
    name: z.string(),
    kind: z.enum(['ssh', 'agent']).describe('How the coordinator reaches it.'),
    region: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    capacity: z
      .object({cpu: z.number(), memory: z.number(), gpu: z.number(), disk: z.number()})
      .describe('Cores, bytes, devices, bytes.'),
    drained: z.boolean().describe('Nothing new is placed there.'),
    stopping: z.boolean().optional().describe('In drain: what has no checkpoints is stopped there, too.'),
    seenAt: time,
    unusable: z.string().optional().describe('Why nothing can be started there.'),
    condition: z
      .enum(['well', 'suspect', 'lost', 'unknown'])
      .describe('suspect: silent for 5 s; lost: for 10 s; unknown: the coordinator that answers does not lead.'),
    running: z.int().min(0),
  })
  .meta({id: 'Worker'});

export const workerParams = z.strictObject({name: word.describe('Name of the host.')});
