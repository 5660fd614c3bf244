import {z} from 'zod';
import {dnsName, ENV_NAME} from './names.ts';
import {duration} from './quantities.ts';
import {envValue, text} from './texts.ts';

const hook = z.strictObject({
  name: dnsName('a hook').describe('Name of the hook, one of a kind in the stack.'),
  service: z.string().describe('Service whose new image, environment, files and volumes the job has.'),
  on: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Services whose change it belongs to; the one named by service when not said.'),
  command: z.array(text).min(1).describe("What to run, in place of the image's own arguments."),
  env: z
    .record(z.string().regex(ENV_NAME, 'is not a name of an environment variable'), envValue)
    .default({})
    .describe("Variables beside the service's, which they win over."),
  timeout: duration('1s', '1d').prefault('10m').describe('How long a try may take; then it is killed, and has failed.'),
  retries: z.int().min(0).max(10).default(0).describe('How often it is tried again when it fails.'),
  always: z
    .boolean()
    .default(false)
    .describe('Run by every apply that changes anything, not only by one of its services.'),
});

/** Jobs around a change. */
export const hooksSchema = z
  .strictObject({
    before: z
      .array(hook)
      .default([])
      .describe(
        'Run when images are there and what is needed is healthy, before a replica changes. A failure stops the change.',
      ),
    after: z
      .array(hook)
      .default([])
      .describe('Run when all replicas of the change are healthy. A failure fails the change.'),
    onFailure: z.array(hook).default([]).describe('Run when a change fails, before anything is rolled back.'),
  })
  .describe('Jobs that run once around a change, each in a container of its own.');
