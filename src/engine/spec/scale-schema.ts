import {z} from 'zod';
import {dnsName} from './names.ts';
import {labels} from './placement-schema.ts';
import {duration} from './quantities.ts';
import type {ScaleRule} from './scale.ts';
import type {ParsedService} from './service-schema.ts';

const percent = z.int().min(1).max(100);

const cooldownSchema = z.strictObject({
  up: duration('0s', '1h').prefault('15s').describe('Least time after a change before replicas are added.'),
  down: duration('0s', '1d').prefault('5m').describe('Least time after a change before replicas are removed.'),
});

/** How many replicas a service has by its load, where `niyanta serve` has the environment. */
export const scaleSchema = z
  .strictObject({
    min: z.int().min(0).max(1000).default(1).describe('At least so many; 0 only with queue.'),
    max: z.int().min(1).max(1000).describe('At most so many.'),
    cpu: percent.optional().describe('Percent of resources.cpu that a replica shall use.'),
    memory: percent.optional().describe('Percent of resources.memory that a replica shall use.'),
    requests: z
      .number()
      .min(0.01)
      .max(1_000_000)
      .optional()
      .describe('Requests a second that a replica shall answer; counted by the proxies, so the service needs a route.'),
    queue: z
      .strictObject({
        perReplica: z.number().min(0.01).max(1_000_000).describe('Waiting workloads that one replica is for.'),
        customer: dnsName('a customer').optional().describe('Whose workloads; those of all customers when not said.'),
        workload: dnsName('a workload').optional().describe('Name of the workloads; any when not said.'),
        labels: labels.default({}).describe('Labels that the workloads have, all of them.'),
      })
      .optional()
      .describe('Workloads of the coordinator that wait for their turn.'),
    cooldown: cooldownSchema.prefault({}).describe('Rest between two changes.'),
    tolerance: z.int().min(0).max(50).default(10).describe('Percent by which a figure may miss its target.'),
    window: duration('0s', '1d')
      .prefault('5m')
      .describe('Replicas are removed when no look of so long wanted as many.'),
  })
  .superRefine((scale, context) => {
    if (scale.max < scale.min) {
      context.addIssue({code: 'custom', path: ['max'], message: `must be at least min, ${scale.min}, is ${scale.max}`});
    }
    if (scale.min === 0 && !scale.queue) {
      const message = 'can be 0 only with queue: without replicas no other figure tells that one is needed';
      context.addIssue({code: 'custom', path: ['min'], message});
    }
    if (!(scale.cpu || scale.memory || scale.requests || scale.queue)) {
      context.addIssue('says no figure to go by: write cpu, memory, requests or queue');
    }
  });

export function compileScale(parsed: NonNullable<ParsedService['scale']>): ScaleRule {
  const {cooldown, tolerance, window, ...rest} = parsed;
  return {
    ...rest,
    cooldown: {upMs: cooldown.up, downMs: cooldown.down},
    tolerance: tolerance / 100,
    windowMs: window,
  };
}
