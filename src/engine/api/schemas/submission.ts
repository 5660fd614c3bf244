import {z} from 'zod';
import {sentFiles} from './file.ts';
import {listOf, time, word, workloadId} from './wire.ts';
import {workloadState} from './workload.ts';

/** Described in the OpenAPI document by the schema of workload files; checked by `workloadFromJson`. */
export const submittedWorkload = z
  .record(z.string(), z.unknown())
  .describe('A workload as in a file.')
  .meta({id: 'SubmittedWorkload'});

const base64 = z.base64('is not base64 (RFC 4648, with padding)');

export const submission = z
  .strictObject({
    workload: submittedWorkload,
    inputs: z
      .record(z.string().max(4096), base64)
      .optional()
      .describe('Content of each of its input files, by its path in the container, as base64.'),
    sent: sentFiles.optional(),
    after: z
      .array(z.strictObject({id: workloadId, on: z.enum(['success', 'failure', 'always']).default('success')}))
      .max(100)
      .optional()
      .describe('What has to end before it starts, by id; beside the `after` of the workload, which names.'),
    notBefore: time.optional().describe('It does not start before.'),
  })
  .meta({
    id: 'Submission',
    examples: [{workload: {name: 'hello', image: 'docker.io/library/busybox:1.37', command: ['echo', 'hello']}}],
  });

export const batchSubmission = z
  .strictObject({
    workloads: z.array(submission).min(1).max(10_000).describe('Accepted in this order, all or none.'),
    batch: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is not a name: letters, digits, dots, dashes, underscores')
      .optional()
      .describe('Name of the batch, to find its workloads by; made when not given.'),
  })
  .meta({id: 'BatchSubmission'});

/** Versions of one workload, with how often each is taken. */
export const variantsOf = <T extends z.ZodType>(one: T) =>
  z
    .array(
      z.strictObject({
        submission: one,
        weight: z.number().min(0).max(1_000_000).describe('In proportion to the others.'),
      }),
    )
    .min(2)
    .max(20)
    .refine(all => all.some(({weight}) => weight > 0), 'need one with a weight above 0')
    .describe('Versions of one workload.');

export const splitSubmission = z
  .strictObject({
    variants: variantsOf(submission),
    key: word
      .optional()
      .describe('Whose turn it is: the same key always gets the same version. Else the Idempotency-Key.'),
  })
  .meta({id: 'SplitSubmission'});

const acceptedOne = {
  id: workloadId,
  seq: z.int().describe('Order of acceptance.'),
  doubled: z.boolean().describe('It was submitted before, with the same Idempotency-Key.'),
};

export const accepted = z.object(acceptedOne).meta({id: 'Accepted'});

export const acceptedSplit = z
  .object({...acceptedOne, version: z.string().optional().describe('The one that was taken.')})
  .meta({id: 'AcceptedSplit'});

export const acceptedBatch = z
  .object({batch: z.string(), items: z.array(z.object(acceptedOne))})
  .meta({id: 'AcceptedBatch'});

/** What a batch/cancel is about; at least one of them must be given. */
export const cancelFilter = z
  .strictObject({
    ids: z.array(workloadId).min(1).max(1000).optional(),
    batch: z.string().max(200).optional(),
    schedule: z.string().max(200).optional(),
    name: z.string().max(200).optional(),
    version: z.string().max(200).optional(),
    worker: z.string().max(200).optional(),
    states: z.array(workloadState).max(20).optional(),
    labels: z.record(z.string().max(200), z.string().max(200)).optional(),
  })
  .refine(filter => Object.keys(filter).length > 0, 'must say which: everything is not cancelled at once')
  .meta({id: 'CancelFilter', minProperties: 1});

export const cancelled = listOf(
  z.object({id: workloadId, state: workloadState, wanted: z.enum(['cancel', 'pause']).optional()}),
).meta({id: 'Cancelled'});
