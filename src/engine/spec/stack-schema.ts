import {z} from 'zod';
import {volumeOverrideSchema, volumeSchema} from './backup-schema.ts';
import {dnsName, PARAM_NAME} from './names.ts';
import {routeSchema} from './route-schema.ts';
import {serviceSchema, writtenServiceSchema} from './service-schema.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const paramName = z
  .string()
  .regex(PARAM_NAME, 'is not a name of a parameter: letters, digits, _ and -, a letter first');

/** A parameter that a stack or a template declares. */
export const paramSchema = z.strictObject({
  type: z
    .enum(['string', 'number', 'boolean'])
    .optional()
    .describe('Type of its values; that of the default when not said, string without one.'),
  default: scalar.optional().describe('Value when none is given; without it a value must be given.'),
  optional: z.boolean().default(false).describe('May be left out; what is only ${name} is then left out, too.'),
  description: z.string().optional().describe('What it is for.'),
  allowed: z.array(scalar).min(1).optional().describe('The only values it may have.'),
});

/** Parameters by name. */
export const paramsSchema = z.record(paramName, paramSchema);

export type ParamDeclaration = z.output<typeof paramSchema>;

const volumes = z.record(dnsName('a volume'), volumeSchema);

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
  routes: z.array(routeSchema).default([]).describe('What a proxy sends to which service, by host name and path.'),
});

const override = z.strictObject({
  params: z.record(z.string(), paramSchema.partial().nullable()).optional().describe('Parameters to change.'),
  services: z
    .record(z.string(), writtenServiceSchema.nullable())
    .optional()
    .describe('Services to change, add, or (null) leave out.'),
  volumes: z.record(z.string(), volumeOverrideSchema).optional().describe('Volumes to change, add, or leave out.'),
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

/** A template: a service body with parameters. */
export const templateSchema = z.strictObject({
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Template').describe('What this document is.'),
  name: dnsName('a template').describe('Name of the template; the same as its file has.'),
  description: z.string().optional().describe('What it makes.'),
  params: paramsSchema.default({}).describe('Parameters, given under with; ${service} is the name of the service.'),
  service: writtenServiceSchema.describe('The service, with ${name} where a parameter goes.'),
  volumes: volumes.default({}).describe('Volumes that are declared with it.'),
});

/** A template before its parameters are put in: the body is checked afterwards. */
export const templateHeadSchema = templateSchema.extend({service: z.unknown(), volumes: z.unknown().optional()});
