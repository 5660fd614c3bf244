import {z} from 'zod';
import {duration} from '../quantities.ts';
import {line} from '../texts.ts';

/** Machines that come and go with the work. */
export const workerScalingSchema = z
  .strictObject({
    min: z.int().min(0).max(10_000).default(0).describe('At least so many workers.'),
    max: z.int().min(1).max(10_000).describe('At most so many.'),
    every: duration('1s', '1h').prefault('5s').describe('How often it is looked at what waits and who is idle.'),
    wait: duration('1s', '1d')
      .prefault('30s')
      .describe('A worker is added when workloads that fit nowhere wait for so long.'),
    idle: duration('1s', '30d').prefault('10m').describe('A worker on which nothing ran for so long is removed.'),
    cooldown: duration('1s', '1d').prefault('2m').describe('Rest after a call, before another one.'),
    command: z
      .array(line.min(1))
      .min(1)
      .max(50)
      .optional()
      .describe('Program that adds and removes machines, with its arguments; the wish is JSON on its standard input.'),
    url: z
      .url({protocol: /^https?$/, error: 'is not an address: https://…'})
      .optional()
      .describe('Address that adds and removes machines: the wish is the JSON body of a POST.'),
    token: line
      .regex(/^\$\{secret:[^}]+\}$/, 'must be ${secret:NAME}')
      .optional()
      .describe('Sent to `url` as a bearer token; ${secret:NAME}.'),
    timeout: duration('1s', '1h').prefault('2m').describe('How long a call may take.'),
  })
  .superRefine(({min, max, command, url, token}, context) => {
    const wrong = (path: string, message: string) => context.addIssue({code: 'custom', path: [path], message});
    if (max < min) wrong('max', `must be at least min, ${min}, is ${max}`);
    if ((command === undefined) === (url === undefined)) context.addIssue('must have one of command and url');
    if (token !== undefined && url === undefined) wrong('token', 'is for url');
  });

export type WorkerScaling = z.output<typeof workerScalingSchema>;
