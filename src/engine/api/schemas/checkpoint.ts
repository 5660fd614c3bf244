import {z} from 'zod';
import {time, workloadId} from './wire.ts';

export const checkpointAnswer = z
  .object({
    workload: workloadId,
    number: z.int().min(1).describe('Counts over all attempts.'),
    attempt: z.int().min(1),
    takenAt: time,
    size: z.int().min(0).describe('Bytes as stored, compressed.'),
    sha256: z.string(),
    progress: z.number().min(0).max(100).optional(),
    why: z.enum(['manual', 'time', 'progress', 'preemption', 'drain', 'pause', 'own']),
    stored: z.enum(['database', 's3']),
    corrupt: z.string().optional().describe('Why it cannot be used.'),
  })
  .meta({id: 'Checkpoint'});

export const checkpointParams = z.strictObject({
  id: workloadId,
  number: z.coerce.number().int().min(1).max(2_147_483_647),
});
