import {z} from 'zod';
import {line} from '../texts.ts';

const rate = z.number().min(0).max(1_000_000_000).default(0);

/** What workloads cost. */
export const costsSchema = z.strictObject({
  cpuHour: rate.describe('A core that is reserved, for an hour.'),
  memoryGibHour: rate.describe('A GiB of memory that is reserved, for an hour.'),
  gpuHour: rate.describe('A GPU that is reserved, for an hour.'),
  currency: line.min(1).max(20).optional().describe('What these are in; told with the costs, for people.'),
});
