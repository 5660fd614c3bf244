import {z} from 'zod';

const member = z.strictObject({
  host: z.string().min(1),
  id: z.string().min(1),
  service: z.string().min(1),
  replica: z.number().int().positive(),
  address: z.ipv4(),
});

/** A release in the lock file; the type in lock-file.ts says what its fields mean. */
export const releaseSchema = z.strictObject({
  strategy: z.enum(['blue-green', 'canary']),
  since: z.iso.datetime({offset: true}),
  weight: z.number().min(0).max(100),
  step: z.number().int().positive().optional(),
  steps: z.number().int().positive().optional(),
  phase: z.enum(['running', 'open']),
  sticky: z.boolean().optional(),
  together: z.array(z.string()),
  new: z.array(member),
  old: z.array(member),
  request: z
    .strictObject({what: z.enum(['promote', 'abort']), by: z.string(), at: z.iso.datetime({offset: true})})
    .optional(),
});
