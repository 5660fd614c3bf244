import {z} from 'zod';
import {customerId, listOf, time} from './wire.ts';
import {workloadState} from './workload.ts';

export const usageAnswer = listOf(
  z.object({
    customer: customerId,
    tier: z.string(),
    workloads: z.partialRecord(workloadState, z.int()).describe('How many are in each state now.'),
    coreSeconds: z.number().describe('Used, of which half are forgotten every half-life.'),
    asOf: time,
  }),
).meta({id: 'Usage'});
