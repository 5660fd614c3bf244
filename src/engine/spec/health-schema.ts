import {z} from 'zod';
import {duration, portNumber} from './quantities.ts';
import {line, text} from './texts.ts';

const http = z
  .strictObject({
    port: portNumber.describe('Port of the container; need not be published.'),
    path: line.startsWith('/', 'must start with /').default('/').describe('Path that answers 200 to 399 when healthy.'),
  })
  .describe('Healthy when a GET answers with a status from 200 to 399.');

const tcp = z
  .strictObject({port: portNumber.describe('Port of the container.')})
  .describe('Healthy when the port takes a connection.');

/** How to find out whether a replica is healthy. */
export const healthSchema = z
  .strictObject({
    http: http.optional(),
    tcp: tcp.optional(),
    exec: z
      .array(text)
      .min(1)
      .optional()
      .describe('Command in the container, as a list of arguments; healthy when it exits with 0.'),
    interval: duration('100ms', '1h').prefault('2s').describe('Time from one check to the next.'),
    timeout: duration('100ms', '10m').prefault('2s').describe('How long one check may take.'),
    retries: z.int().min(1).max(1000).default(5).describe('Failures in a row after which a replica is unhealthy.'),
    startPeriod: duration('0s', '1h')
      .prefault('10s')
      .describe('Time after the start in which failures do not count; the first success ends it.'),
    onUnhealthy: z
      .enum(['replace', 'report'])
      .optional()
      .describe(
        'What niyanta serve does about a replica that runs and is unhealthy: replace it, or only say so, as with volumes when nothing is said.',
      ),
  })
  .superRefine((health, context) => {
    const checks = [health.http, health.tcp, health.exec].filter(check => check !== undefined);
    if (checks.length !== 1) context.addIssue('must have one of http, tcp and exec');
  });
