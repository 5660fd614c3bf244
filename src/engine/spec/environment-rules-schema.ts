import {z} from 'zod';
import {cpuCount, duration, memorySize} from './quantities.ts';

const pattern = z
  .string()
  .regex(/^[a-z*][a-z0-9*-]{0,62}$/, 'is not a name of an environment, nor a pattern such as preview-*');

const quota = z.strictObject({
  cpu: cpuCount.optional().describe('Cores of all replicas together; every service then has to say resources.cpu.'),
  memory: memorySize
    .optional()
    .describe('Memory of all replicas together; every service then has to say resources.memory.'),
  replicas: z.int().min(0).optional().describe('Replicas of all services together.'),
  volumes: z.int().min(0).optional().describe('Named volumes.'),
});

/** `environments` of niyanta.yaml: rules by name or pattern. */
export const environmentRulesSchema = z.record(
  pattern,
  z.strictObject({
    quota: quota.prefault({}).describe('What such an environment may ask for at most; more is refused in the plan.'),
    expires: duration('1m', '3650d')
      .optional()
      .describe('How long it lives after its last apply; niyanta env rm --expired removes what is past it.'),
  }),
);
