import {z} from 'zod';
import {parseBackupTarget} from '../backup.ts';
import {s3Schema} from '../backup-schema.ts';
import {dnsName} from '../names.ts';
import {cpuCount, duration, memorySize} from '../quantities.ts';
import {line} from '../texts.ts';

const points = z.number().min(0).max(1_000_000);
const share = z.number().min(0).max(1);
const count = z.int().min(0);

const tier = z.strictObject({
  rate: z.number().gt(0).max(1_000_000).optional().describe('Requests a second of each of its customers.'),
  burst: z.int().min(1).max(10_000_000).optional().describe('Requests at once.'),
  points: points.optional().describe('Points of its workloads, beside their priority of 0 to 100.'),
  share: z.number().gt(0).max(1_000_000).optional().describe('Of what there is, in proportion to others.'),
  running: count.optional().describe('Workloads that run at once, of customers whose limits do not say it.'),
  pending: count.optional().describe('Workloads that wait, of customers whose limits do not say it.'),
  cpu: cpuCount.optional().describe('Cores in use at once, of customers whose limits do not say it.'),
  memory: memorySize.optional().describe('Memory in use at once, of customers whose limits do not say it.'),
  gpu: count.optional().describe('GPUs in use at once, of customers whose limits do not say it.'),
});

/** Tiers of customers. */
export const tiersSchema = z.record(dnsName('a tier'), tier);

/** The queue. */
export const schedulingSchema = z.strictObject({
  strategy: z.enum(['binpack', 'spread']).default('binpack').describe('The fullest host that fits, or the emptiest.'),
  aging: z
    .strictObject({
      points: points.default(100).describe('Points that a wait brings at most.'),
      fullAfter: duration('1s', '365d').prefault('1d').describe('After so long a wait it has all of them.'),
      longest: duration('1s', '3650d')
        .prefault('3d')
        .describe('Whoever has waited longer goes first, in order of acceptance.'),
    })
    .prefault({})
    .describe('Waiting brings workloads forward.'),
  fairShare: z
    .strictObject({
      points: points.default(100).describe('Points of a customer that has used nothing of late.'),
      halfLife: duration('1s', '365d').prefault('1d').describe('After so long, use counts half.'),
    })
    .prefault({})
    .describe('Who has used less comes first.'),
  preemption: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether what runs may be moved out of the way.'),
      margin: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10)
        .describe('Points that a workload must be ahead of those it moves.'),
      perRound: z.int().min(1).max(10_000).default(10).describe('At most so many a round (about a second).'),
    })
    .prefault({})
    .describe('Making room for what is more urgent.'),
  startsPerHost: z.int().min(1).max(1000).default(4).describe('Starts at once on one host.'),
});

/** Silence of hosts, and failures that are not workloads' own. */
export const failuresSchema = z
  .strictObject({
    beat: duration('100ms', '1m').prefault('2s').describe('How often a host is asked for a sign of life.'),
    suspect: duration('200ms', '10m').prefault('5s').describe('Silent for so long, it gets nothing new.'),
    lost: duration('300ms', '1d').prefault('10s').describe('Silent for so long, its workloads are lost.'),
    leader: duration('1s', '5m')
      .prefault('3s')
      .describe('A leading coordinator that the database did not hear of for so long is followed by another one.'),
    partition: z
      .strictObject({
        share: share.default(0.5).describe('Of the hosts: while more are silent, it looks like our own network.'),
        perMinute: count
          .max(1_000_000)
          .default(10)
          .describe('So many workloads are then started elsewhere in a minute.'),
      })
      .prefault({})
      .describe('Many hosts silent at once.'),
    outside: z
      .strictObject({
        max: count.max(1000).default(5).describe('Failures that are not its own, until a workload fails.'),
        initial: duration('10ms', '1h').prefault('2s').describe('Wait after the first; doubled each time.'),
        longest: duration('10ms', '1d').prefault('1m').describe('Longest wait.'),
      })
      .prefault({})
      .describe("Failures that are not the workload's own."),
    quarantineAfter: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Hosts on which a workload may fail, until it is not tried any more.'),
  })
  .superRefine(({beat, suspect, lost}, context) => {
    if (suspect <= beat) context.addIssue({code: 'custom', path: ['suspect'], message: 'must be longer than beat'});
    if (lost <= suspect) context.addIssue({code: 'custom', path: ['lost'], message: 'must be longer than suspect'});
  });

/** What is over. */
export const keepSchema = z.strictObject({
  workloads: duration('1m', '3650d')
    .prefault('30d')
    .describe('Workloads that have ended, with all that belongs to them.'),
  audit: duration('1m', '3650d').prefault('90d').describe('Events: who did what when. Nothing else removes them.'),
});

/** Stacks that are served. */
export const stacksSchema = z.strictObject({
  look: duration('1s', '1h')
    .prefault('30s')
    .describe('How often an environment is looked at when nothing tells of a change.'),
  scale: duration('1s', '1h').prefault('10s').describe('How often the load of services with `scale` is looked at.'),
});

/** Large checkpoints. */
export const checkpointStorageSchema = z.strictObject({
  to: line
    .refine(text => parseBackupTarget(text)?.kind === 's3', 'must be s3://BUCKET or s3://BUCKET/PREFIX')
    .describe('Bucket and prefix: s3://BUCKET/PREFIX.'),
  s3: s3Schema.describe('How the S3 API is reached.'),
});
