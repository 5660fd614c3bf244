import {z} from 'zod';
import {volumeOverrideSchema, volumeSchema} from './backup-schema.ts';
import {hooksSchema} from './hooks-schema.ts';
import {dnsName} from './names.ts';
import {paramSchema, paramsSchema} from './param-schema.ts';
import {routeSchema} from './route-schema.ts';
import {serviceSchema, writtenServiceSchema} from './service-schema.ts';

/** Volumes by name, as a stack and a template declare them. */
export const volumes = z.record(dnsName('a volume'), volumeSchema);

const head = {
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Stack').describe('What this document is.'),
  name: dnsName('a stack').describe('Name of the stack.'),
  params: paramsSchema.optional().describe('Parameters, used as ${name}, given by --param or NIYANTA_PARAM_<NAME>.'),
};

/** A stack after overrides, parameters and templates. */
export const stackSchema = z.strictObject({
  ...head,
  services: z.record(dnsName('a service'), serviceSchema).default({}).describe('Services by name.'),
  volumes: volumes.default({}).describe('Named volumes; each is one folder on each host that needs it.'),
  hooks: hooksSchema.optional(),
  routes: z.array(routeSchema).default([]).describe('What a proxy sends to which service, by host name and path.'),
  release: z
    .enum(['atomic', 'each'])
    .default('each')
    .describe('atomic switches all services that get new replicas at once; each lets every service go by itself.'),
});

const override = z.strictObject({
  params: z.record(z.string(), paramSchema.partial().nullable()).optional().describe('Parameters to change.'),
  services: z
    .record(z.string(), writtenServiceSchema.nullable())
    .optional()
    .describe('Services to change, add, or (null) leave out.'),
  volumes: z.record(z.string(), volumeOverrideSchema).optional().describe('Volumes to change, add, or leave out.'),
  hooks: hooksSchema.nullable().optional().describe('Hooks in place of those of the stack.'),
  routes: z.array(routeSchema).optional().describe('Routes in place of those of the stack.'),
});

/** A stack as it may be written in a file: the published schema. */
export const writtenStackSchema = stackSchema.extend({
  services: z.record(dnsName('a service'), writtenServiceSchema).default({}).describe('Services by name.'),
  environments: z
    .record(dnsName('an environment'), override.nullable())
    .optional()
    .describe('What is different in an environment: maps are merged, lists replaced, null removes.'),
});
