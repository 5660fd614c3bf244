import {z} from 'zod';

export const healthAnswer = z.object({status: z.literal('ok')}).meta({id: 'Health'});

export const readyAnswer = z
  .object({
    ready: z.boolean().describe('Whether it can accept and answer; not whether it leads.'),
    leads: z.boolean(),
    checks: z.array(z.object({name: z.string(), ok: z.boolean()})),
  })
  .meta({id: 'Ready'});
