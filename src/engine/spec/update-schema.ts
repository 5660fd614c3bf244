import {z} from 'zod';
import {duration} from './quantities.ts';

const percent = z.union([z.string(), z.number()]).transform((written, context) => {
  const value = typeof written === 'number' ? written : Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(written)?.[1]);
  if (value >= 0 && value <= 100) return value;
  context.addIssue('is not a percentage from 0% to 100%, for example 1%');
  return z.NEVER;
});

/** `500ms`, or `2x`: as a multiple of what the old replicas take. */
const latency = z.string().transform((text, context) => {
  const times = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (times >= 1 && times <= 1000) return {times};
  const parsed = duration('1ms', '10m').safeParse(text);
  if (parsed.success) return {ms: parsed.data};
  context.addIssue('is neither a length of time (500ms) nor a multiple of what the old replicas take (2x)');
  return z.NEVER;
});

/** By which figures a canary is judged. */
export const judgeSchema = z.strictObject({
  errorRate: percent.default(1).describe('Share of requests that may fail (5xx, or no answer), for example 1%.'),
  p95: latency
    .optional()
    .describe('Time in which 95 of 100 requests are answered: 500ms, or 2x what the old replicas take.'),
  minRequests: z.int().min(1).max(1_000_000).default(20).describe('Fewer requests than this say nothing.'),
  required: z.boolean().default(false).describe('Too few requests fail the canary, in place of being told only.'),
});

const stepSchema = z.strictObject({
  weight: z.int().min(1).max(99).describe('Percent of the requests that the new replicas get.'),
  pause: duration('0s', '1d').prefault('1m').describe('How long, before it is judged.'),
});

/** What a canary does without steps of its own. */
export const defaultSteps = [
  {weight: 10, pause: 60_000},
  {weight: 50, pause: 60_000},
] as const;

/** How replicas are replaced by new ones. */
export const updateSchema = z
  .strictObject({
    strategy: z
      .enum(['rolling', 'recreate', 'blue-green', 'canary'])
      .default('rolling')
      .describe(
        'rolling replaces some at a time; recreate stops all, then starts all; blue-green starts all new ones beside ' +
          'the old and then switches at once; canary sends them more and more of the requests.',
      ),
    maxSurge: z.int().min(0).max(1000).default(1).describe('How many replicas more than asked for may run meanwhile.'),
    maxUnavailable: z.int().min(0).max(1000).default(0).describe('How many replicas fewer than asked for may run.'),
    backup: z
      .enum(['auto', 'before', 'never'])
      .optional()
      .describe(
        'Whether its volumes with a backup are backed up before it is replaced; auto: when another major version of its image comes.',
      ),
    drain: duration('0s', '1h')
      .prefault('30s')
      .describe('How long requests that a replica is serving are waited for before it is stopped.'),
    promote: z
      .enum(['auto', 'manual'])
      .default('auto')
      .describe('manual leaves a blue-green or canary release open until niyanta release promote.'),
    steps: z.array(stepSchema).min(1).max(20).optional().describe('Of a canary; 10 and 50 for a minute each if none.'),
    judge: judgeSchema.optional().describe('When a canary goes on, and when it is taken back.'),
  })
  .superRefine((update, context) => {
    if (update.strategy === 'rolling' && update.maxSurge === 0 && update.maxUnavailable === 0) {
      context.addIssue(
        'maxSurge and maxUnavailable are both 0, so no replica could ever be replaced: set one of them to 1',
      );
    }
    for (const key of ['steps', 'judge'] as const) {
      if (update[key] !== undefined && update.strategy !== 'canary') {
        context.addIssue({code: 'custom', path: [key], message: `is for strategy: canary, not ${update.strategy}`});
      }
    }
    if (update.promote === 'manual' && update.strategy !== 'blue-green' && update.strategy !== 'canary') {
      const message = `manual is for strategy blue-green or canary, not ${update.strategy}`;
      context.addIssue({code: 'custom', path: ['promote'], message});
    }
    const weights = (update.steps ?? []).map(({weight}) => weight);
    const falling = weights.findIndex((weight, index) => index > 0 && weight <= weights[index - 1]!);
    if (falling > 0) {
      const message = `must be more than that of the step before, ${weights[falling - 1]}`;
      context.addIssue({code: 'custom', path: ['steps', falling, 'weight'], message});
    }
  });
