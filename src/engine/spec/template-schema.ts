import {z} from 'zod';
import {dnsName} from './names.ts';
import {paramsSchema} from './param-schema.ts';
import {writtenServiceSchema} from './service-schema.ts';
import {volumes} from './stack-schema.ts';

const when = z
  .union([z.boolean(), z.string(), z.number()])
  .optional()
  .describe('Only if this is true, or a text that is not empty; allowed in every map of a template.');

const name = z
  .string()
  .regex(
    /^\$\{service\}(?:-[a-z0-9-]*[a-z0-9])?$/,
    'must be ${service}, or ${service}- and a word: other services of a stack could have its name',
  );

/** A template: a service body with parameters, or several. */
export const templateSchema = z.strictObject({
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Template').describe('What this document is.'),
  name: dnsName('a template').describe('Name of the template; the same as its file has.'),
  description: z.string().optional().describe('What it makes.'),
  params: paramsSchema.default({}).describe('Parameters, given under with; ${service} is the name of the service.'),
  service: writtenServiceSchema.extend({when}).optional().describe('The service, with ${name} where a parameter goes.'),
  services: z
    .record(name, writtenServiceSchema.extend({when}))
    .optional()
    .describe('Several services in place of one: ${service}, and others such as ${service}-replica.'),
  volumes: volumes.default({}).describe('Volumes that are declared with it; those that nothing mounts are left out.'),
});

/** A template before its parameters are put in: the bodies are checked afterwards. */
export const templateHeadSchema = templateSchema.extend({
  service: z.unknown().optional(),
  services: z.record(name, z.unknown()).optional(),
  volumes: z.unknown().optional(),
});
