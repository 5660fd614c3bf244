import {z} from 'zod';
import {submittedWorkload} from './submission.ts';

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().min(1).max(200);

const host = z.strictObject({
  name: text,
  region: text.optional(),
  labels: z.record(text, z.string().max(200)).default({}),
  capacity: z
    .strictObject({cpu: amount, memory: amount, gpu: amount.default(0), disk: amount.default(Number.MAX_SAFE_INTEGER)})
    .describe('What is free there: cores, bytes, devices, bytes.'),
  ports: z
    .array(
      z.strictObject({
        host: z.int().min(1).max(65_535),
        protocol: z.enum(['tcp', 'udp']).default('tcp'),
        address: text.optional(),
      }),
    )
    .max(1000)
    .default([])
    .describe('Taken there.'),
  drained: z.boolean().default(false).describe('Takes nothing.'),
});

export const placementBody = z
  .strictObject({
    workloads: z
      .array(
        z.strictObject({
          workload: submittedWorkload,
          count: z.int().min(1).max(1000).default(1).describe('So many of it.'),
        }),
      )
      .min(1)
      .max(1000),
    hosts: z
      .array(host)
      .max(5000)
      .refine(hosts => new Set(hosts.map(({name}) => name)).size === hosts.length, 'must not name a host twice')
      .optional()
      .describe('In place of the workers that there are, and of what runs on them.'),
    strategy: z.enum(['binpack', 'spread']).default('binpack').describe('The fullest host that fits, or the emptiest.'),
  })
  .meta({
    id: 'PlacementBody',
    examples: [
      {
        workloads: [{workload: {name: 'job', image: 'docker.io/library/busybox:1.37', resources: {cpu: 2}}, count: 3}],
        hosts: [{name: 'h1', capacity: {cpu: 4, memory: 8_589_934_592}}],
      },
    ],
  });

export const placementsAnswer = z
  .object({
    placements: z
      .array(
        z.object({
          workload: z.int().min(0).describe('Index in `workloads`.'),
          number: z.int().min(1).describe('Which of its count.'),
          name: z.string(),
          worker: z.string().optional().describe('Where it would start; absent: nowhere.'),
          because: z.string(),
          rejected: z.array(z.object({reason: z.string(), workers: z.int(), some: z.array(z.string())})),
        }),
      )
      .describe('In the order of the request.'),
    placed: z.int().min(0),
    unplaced: z.int().min(0),
  })
  .meta({id: 'Placements'});
