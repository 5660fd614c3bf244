import {z} from 'zod';
import {customerId, time, word} from './wire.ts';

export const scheduleAnswer = z
  .object({
    id: z.string(),
    customer: customerId,
    name: z.string().describe('Name of the workload that it submits.'),
    cron: z.string().describe('Five fields.'),
    timeZone: z.string(),
    missed: z.enum(['skip', 'once', 'all']),
    suspended: z.boolean(),
    createdAt: time,
    firedUntil: time.describe('Times up to here have been looked at.'),
    spec: z.record(z.string(), z.unknown()).describe('The workload, defaults filled in.'),
    versions: z
      .array(z.object({version: z.string().optional(), weight: z.number()}))
      .optional()
      .describe('One of them each time, by weight; `spec` is the first. Absent where there is one.'),
    inputs: z.record(z.string(), z.string()).describe('SHA-256 of each input file.'),
  })
  .meta({id: 'Schedule'});

export const scheduleParams = z.strictObject({id: word.describe('Id of the schedule.')});
