import {z} from 'zod';
import {time, workloadId} from './wire.ts';

export const checkpointAnswer = z
  .object({
    workload: workloadId,
    number: z.int().min(1).describe('Counts over all attempts.'),
    attempt: z.int().min(0).describe('0: it came with the workload, from another one.'),
    takenAt: time,
    size: z.int().min(0).describe('Bytes as stored, compressed.'),
    sha256: z.string(),
    progress: z.number().min(0).max(100).optional(),
    why: z.enum(['manual', 'time', 'progress', 'preemption', 'drain', 'pause', 'own']),
    stored: z.enum(['database', 's3']),
    corrupt: z.string().optional().describe('Why it cannot be used.'),
    aside: z.boolean().optional().describe('The workload began again from one before it.'),
  })
  .meta({id: 'Checkpoint'});

export const checkpointParams = z.strictObject({
  id: workloadId,
  number: z.coerce.number().int().min(1).max(2_147_483_647),
});

export const restoreBody = z
  .strictObject({
    number: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe('Which one; the newest that is whole when not given.'),
    new: z.boolean().default(false).describe('Submit a copy of the workload that begins from it.'),
  })
  .default({new: false})
  .meta({id: 'RestoreBody'});
