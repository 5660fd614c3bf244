import {z} from 'zod';
import {workloadStates} from '../../coordinator/workload-states.ts';
import {customerId, manyOf, pageQuery, time, word, workloadId} from './wire.ts';

export const workloadState = z.enum(workloadStates).meta({id: 'WorkloadState'});

const summary = {
  id: workloadId,
  customer: customerId,
  seq: z.int().describe('Order of acceptance over all customers; grows.'),
  name: z.string(),
  version: z.string().optional(),
  type: z.string().describe('`container`, or another type.'),
  state: workloadState,
  priority: z.int().min(0).max(100),
  labels: z.record(z.string(), z.string()),
  acceptedAt: time,
  startedAt: time.optional(),
  endedAt: time.optional(),
  changedAt: time,
  attempt: z.int().min(0).describe('Number of the newest attempt; 0 before the first.'),
  worker: z.string().optional().describe('Host that it is on.'),
  notBefore: time.optional().describe('It does not start before.'),
  wanted: z.enum(['cancel', 'pause']).optional().describe('What was asked for and is not yet so.'),
  reason: z.string().optional().describe('Why it is in this state, or waits.'),
  exitCode: z.int().optional(),
  progress: z.number().min(0).max(100).optional().describe('Percent.'),
  schedule: z.string().optional().describe('Id of the schedule that submitted it.'),
  batch: z.string().optional().describe('Id of the batch that it came with.'),
};

export const workloadSummary = z
  .object(summary)
  .describe('A workload without what it runs, as lists have it.')
  .meta({id: 'WorkloadSummary'});

export const workloadAnswer = z
  .object({
    ...summary,
    spec: z
      .record(z.string(), z.unknown())
      .describe('What was submitted, defaults filled in; durations in milliseconds, sizes in bytes.'),
    inputs: z.record(z.string(), z.string()).describe('SHA-256 of each input file by its path in the container.'),
    outputs: z.array(z.string()).describe('Paths of the files that it left.'),
    hasResult: z.boolean(),
    waitsFor: z
      .array(z.object({id: workloadId, on: z.enum(['success', 'failure', 'always'])}))
      .describe('What it comes after and has not ended as said yet.'),
    idempotencyKey: z.string().optional(),
  })
  .meta({id: 'Workload'});

export const figuresAnswer = z
  .object({
    ...summary,
    cpu: z.number().min(0).optional().describe('Cores, since the look before. Absent of what runs in no container.'),
    memory: z.int().min(0).optional().describe('Bytes.'),
    memoryLimit: z.int().min(0).optional().describe('Bytes; absent without a limit.'),
  })
  .describe('A workload that runs, and what it uses now.')
  .meta({id: 'WorkloadFigures'});

export const workloadParams = z.strictObject({id: workloadId});

/** Which workloads are meant. */
const filters = {
  state: manyOf(workloadState).describe('States, separated by commas.'),
  name: word.optional(),
  version: word.optional(),
  label: z
    .preprocess(
      value => (value === undefined ? undefined : [value].flat()),
      z
        .array(
          z
            .string()
            .max(400)
            .regex(/^[^=]+=/, 'is not of the form name=value'),
        )
        .max(20)
        .optional(),
    )
    .describe('`name=value`; several times: all of them must match.'),
  batch: word.optional(),
  schedule: word.optional().describe('Id of the schedule.'),
  worker: word.optional().describe('Host that it is on.'),
};

export const workloadsQuery = z.strictObject({...filters, ...pageQuery});

export const attemptAnswer = z
  .object({
    workload: workloadId,
    attempt: z.int().min(1),
    worker: z.string(),
    state: z.enum(['scheduled', 'running', 'ended', 'lost']),
    reason: z.string(),
    placedAt: time,
    startedAt: time.optional(),
    endedAt: time.optional(),
    exitCode: z.int().optional(),
    outcome: z.string().optional(),
    restoredFrom: z.int().optional().describe('Number of the checkpoint that it went on from.'),
  })
  .meta({id: 'Attempt'});

export const whyAnswer = z
  .object({
    id: workloadId,
    state: workloadState,
    text: z.string().describe('One line for people.'),
    waits: z.array(z.string()).describe('What must happen first.'),
    rejected: z
      .array(z.object({reason: z.string(), workers: z.int(), some: z.array(z.string())}))
      .describe('Why hosts cannot take it; those with the same reason together. Names of hosts for operators alone.'),
    position: z.int().optional().describe("Its place among its customer's that may start, from 1."),
  })
  .meta({id: 'Why'});

export const resultAnswer = z
  .object({id: workloadId, state: workloadState, exitCode: z.int().optional(), result: z.unknown().optional()})
  .meta({id: 'WorkloadResult'});

export const outputParams = z.strictObject({
  id: workloadId,
  '*': z.string().max(4096).describe('Path of the file in the container, without the first slash.'),
});
