import {z} from 'zod';
import {role} from './customer.ts';
import {customerId} from './wire.ts';

export const callerAnswer = z
  .object({
    name: z.string().describe('As the audit has it: `key:PREFIX`, `oidc:SUBJECT`.'),
    role,
    customer: customerId.optional().describe('Whose rows it sees; absent: of the whole coordinator.'),
    scopes: z.array(z.string()).optional().describe('Only these of what the role may do.'),
  })
  .meta({id: 'Caller'});

export const loginAnswer = z
  .object({
    login: z
      .object({
        issuer: z.string(),
        clientId: z.string().describe('Of a public client there.'),
        scope: z.string(),
        accepts: z.enum(['access', 'id']).describe('Which token is taken here.'),
        parameters: z.record(z.string(), z.string()).describe('Further parameters of requests to the issuer.'),
      })
      .optional()
      .describe('Absent: nobody logs in here, there are API keys alone.'),
  })
  .meta({id: 'LoginOffer'});
