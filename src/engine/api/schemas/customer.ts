import {z} from 'zod';
import {isScope} from '../../coordinator/access/permissions.ts';
import {customerId, time, word} from './wire.ts';

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const count = z.int().min(0);

export const limits = z
  .strictObject({
    running: count.optional().describe('Workloads at once.'),
    pending: count.optional().describe('Workloads that wait.'),
    cpu: amount.optional().describe('Cores of what runs.'),
    memory: amount.optional().describe('Bytes of what runs.'),
    gpu: amount.optional(),
    files: amount.optional().describe('Bytes of files that were sent and are kept; 16 GiB when not given.'),
    rate: z
      .strictObject({perSecond: z.number().min(0.01).max(1_000_000), burst: z.int().min(1).max(1_000_000)})
      .optional()
      .describe("Requests a second, and how many at once; the tier's when not given."),
  })
  .describe('None where nothing is said.');

export const customerBody = z
  .strictObject({
    name: z.string().min(1).max(200),
    tier: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'is not the name of a tier')
      .default('standard')
      .describe('`free`, `standard`, `premium`, or another one of the coordinator.'),
    limits: limits.default({}),
    suspended: z.boolean().default(false).describe('Its keys open nothing, until this is taken back.'),
  })
  .meta({id: 'CustomerBody', examples: [{name: 'Acme', tier: 'premium', limits: {running: 100}}]});

export const customerAnswer = z
  .object({
    id: customerId,
    name: z.string(),
    tier: z.string(),
    limits: limits,
    suspended: z.boolean(),
    createdAt: time,
    used: z.number().describe('Core-seconds, of which half are forgotten every half-life.'),
    usedAt: time,
  })
  .meta({id: 'Customer'});

export const customerParams = z.strictObject({id: customerId});

export const role = z.enum(['admin', 'operator', 'customer', 'viewer']).meta({id: 'Role'});

export const keyBody = z
  .strictObject({
    role,
    customer: customerId.optional().describe('Whose it is; none for keys of the whole coordinator.'),
    scopes: z
      .array(z.string().refine(isScope, 'is not a scope: SUBJECT:read or SUBJECT:write'))
      .min(1)
      .max(50)
      .optional()
      .describe('Only these, of what the role may do: `workloads:read`, `checkpoints:write`, ….'),
    note: z.string().max(200).optional(),
    expiresAt: time.optional(),
  })
  .meta({id: 'KeyBody', examples: [{role: 'customer', customer: 'acme', note: 'CI', scopes: ['workloads:write']}]});

const key = {
  id: z.string(),
  prefix: z.string().describe('What of the key may be shown.'),
  role,
  customer: customerId.optional(),
  scopes: z.array(z.string()).optional(),
  note: z.string().optional(),
  createdAt: time,
  expiresAt: time.optional(),
  revokedAt: time.optional(),
};

export const keyAnswer = z.object(key).meta({id: 'Key'});

export const createdKey = z
  .object({...key, key: z.string().describe('The key itself: shown here and never again.')})
  .meta({id: 'CreatedKey'});

export const rotationBody = z
  .strictObject({
    overlapMs: z
      .int()
      .min(0)
      .max(90 * 86_400_000)
      .default(86_400_000)
      .describe('How long the former key goes on, at most; a day when not given.'),
  })
  .meta({id: 'RotationBody', examples: [{overlapMs: 3_600_000}]});

export const keyParams = z.strictObject({id: word.describe('Id of the key.')});
export const keysQuery = z.strictObject({customer: customerId.optional()});
