import {z} from 'zod';
import {duration} from '../../spec/quantities.ts';
import {customerId, time, word} from './wire.ts';

const period = {
  from: time.optional().describe('A day before `until` when not given.'),
  until: time.optional().describe('Now when not given.'),
  customer: customerId.optional(),
};

export const trendsQuery = z.strictObject({
  ...period,
  interval: duration('1m', '31d').prefault('1h').describe('`5m`, `1h`, `1d`; at most 1,000 of them.'),
  name: word.optional().describe('Workloads of this name.'),
});

const durations = z
  .object({
    count: z.int().min(0),
    mean: z.number().min(0).optional(),
    most: z.number().min(0).optional(),
  })
  .describe('Milliseconds.');

export const trendsAnswer = z
  .object({
    from: time,
    until: time,
    intervalMs: z.int().min(1),
    items: z.array(
      z.object({
        at: time.describe('Beginning of the interval.'),
        submitted: z.int().min(0),
        succeeded: z.int().min(0),
        failed: z.int().min(0),
        cancelled: z.int().min(0),
        waited: durations.describe('Until the start, of those that ended then, in milliseconds.'),
        ran: durations.describe('From the start to the end, of those that ended then, in milliseconds.'),
      }),
    ),
  })
  .meta({id: 'Trends'});

export const costsQuery = z.strictObject({
  ...period,
  by: z.enum(['workload', 'customer']).default('workload'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('Those that ran longest.'),
});

const rates = z.object({
  cpuHour: z.number().min(0),
  memoryGibHour: z.number().min(0),
  gpuHour: z.number().min(0),
  currency: z.string().optional(),
});

export const costsAnswer = z
  .object({
    from: time,
    until: time,
    rates: rates.describe('As `server.costs` sets them.'),
    items: z.array(
      z.object({
        customer: customerId,
        name: z.string().optional(),
        version: z.string().optional(),
        workloads: z.int().min(0),
        attempts: z.int().min(0),
        hours: z.number().min(0).describe('That attempts ran which ended then.'),
        cpuHours: z.number().min(0).describe('What they had reserved.'),
        memoryGibHours: z.number().min(0),
        gpuHours: z.number().min(0),
        cost: z.number().min(0),
      }),
    ),
  })
  .meta({id: 'Costs'});

const share = z.object({
  reserved: z.number().min(0),
  capacity: z.number().min(0),
  percent: z.number().min(0).optional().describe('Absent where there is none.'),
});

export const utilisationAnswer = z
  .object({
    at: time,
    items: z.array(
      z.object({
        worker: z.string(),
        workloads: z.int().min(0),
        cpu: share.describe('Cores.'),
        memory: share.describe('Bytes.'),
        gpu: share,
      }),
    ),
    all: z.object({workloads: z.int().min(0), cpu: share, memory: share, gpu: share}),
  })
  .meta({id: 'Utilisation'});
