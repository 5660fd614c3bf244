import {z} from 'zod';
import {wrongCron, wrongTimeZone} from './cron.ts';
import {dnsName} from './names.ts';
import {labelName, labels} from './placement-schema.ts';
import {signal} from './process-schema.ts';
import {cpuCount, diskSize, duration, memorySize} from './quantities.ts';
import {line} from './texts.ts';

const workloadName = dnsName('a workload');

/** What an attempt needs of its host. */
export const workloadResourcesSchema = z.strictObject({
  cpu: cpuCount.optional().describe('Cores that are reserved for it and that it may use at most, for example 0.5.'),
  memory: memorySize
    .optional()
    .describe('Memory that is reserved for it and that it may use at most, for example 256Mi.'),
  gpu: z.int().min(0).max(64).optional().describe('Whole GPUs that are reserved for it.'),
  disk: diskSize.optional().describe('Space on disk that is reserved for it, for example 10Gi.'),
});

const match = labels.refine(value => Object.keys(value).length > 0, 'must name at least one label');

/** Where it may, should and should not run. */
export const workloadPlacementSchema = z.strictObject({
  require: labels
    .default({})
    .describe('Labels that a host must have, every one; region and host (its name) count as labels.'),
  prefer: z
    .array(
      z.strictObject({
        match: match.describe('Labels of the hosts that are preferred.'),
        weight: z.int().min(-100).max(100).default(10).describe('How much it counts; below 0 keeps it away.'),
      }),
    )
    .default([])
    .describe('Labels of hosts to choose where there is a choice.'),
  avoid: z
    .array(z.strictObject({workload: workloadName.describe('Workload not to share a host with.')}))
    .default([])
    .describe('Workloads whose hosts are avoided while they run.'),
  beside: z
    .array(z.strictObject({workload: workloadName.describe('Workload to share a host with.')}))
    .default([])
    .describe('Workloads on whose hosts alone it may start, while they run.'),
});

/** What becomes of it when an attempt fails. */
export const retriesSchema = z.strictObject({
  max: z.int().min(0).max(100).default(0).describe('Attempts after the first.'),
  backoff: z
    .strictObject({
      initial: duration('0s', '1d').prefault('1s').describe('Wait before the second attempt.'),
      factor: z.number().min(1).max(100).default(2).describe('How many times longer each further wait is.'),
      max: duration('0s', '7d').prefault('60s').describe('Longest wait.'),
      jitter: z.boolean().default(true).describe('Waits are shortened at random, so that not all come back at once.'),
    })
    .prefault({})
    .describe('How long it waits between two attempts.'),
  exitCodes: z
    .array(z.int().min(1).max(255))
    .min(1)
    .optional()
    .describe('Exit codes that are tried again; all but 0 when not given.'),
});

/** When and how it is told to write a checkpoint. */
export const checkpointSchema = z.strictObject({
  every: duration('1s').optional().describe('Time from one to the next.'),
  progress: z.int().min(1).max(99).optional().describe('Percent of progress from one to the next.'),
  grace: duration('1s', '1h').prefault('30s').describe('How long it may take to write one after it was told to.'),
  signal: signal.prefault('SIGUSR1').describe('Signal that tells it to.'),
  keep: z.int().min(1).max(100).default(3).describe('How many good ones are kept.'),
  maxSize: diskSize
    .prefault('10Gi')
    .describe('Most that its files may have together; a larger one is refused and told.'),
});

/** At which times it is submitted. */
export const scheduleSchema = z.strictObject({
  cron: z
    .string()
    .superRefine((pattern, context) => {
      const wrong = wrongCron(pattern);
      if (wrong !== undefined) context.addIssue(wrong);
    })
    .describe('Minute, hour, day of the month, month, day of the week: "0 3 * * *" is every day at three.'),
  timeZone: z
    .string()
    .superRefine((name, context) => {
      const wrong = wrongTimeZone(name);
      if (wrong !== undefined) context.addIssue(wrong);
    })
    .default('UTC')
    .describe('Whose clock it is, for example Europe/Vilnius.'),
  missed: z
    .enum(['skip', 'once', 'all'])
    .default('skip')
    .describe('What becomes of times that passed while nobody could start it.'),
});

/** What has to end before it starts. */
export const afterSchema = z.strictObject({
  workload: workloadName.describe('Workload of the same file, or one that was submitted before.'),
  on: z
    .enum(['success', 'failure', 'always'])
    .default('success')
    .describe('How that has to end; it is cancelled when that ends otherwise.'),
});

/** How many of them run at once. */
export const concurrencySchema = z.strictObject({
  key: line.min(1, 'must not be empty').max(253).describe('Workloads with the same key count together.'),
  max: z.int().min(1).max(100_000).describe('How many of them run at once, at most.'),
});

/** Labels of the workload itself. */
export const workloadLabels = z.record(labelName, line.max(1024));
