import {z} from 'zod';
import {PARAM_NAME} from './names.ts';

/** What a value of a parameter can be. A size and a length of time stay as written: `256Mi`, `1m30s`. */
export const PARAM_TYPES = ['string', 'number', 'integer', 'boolean', 'size', 'duration', 'list'] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.union([z.number(), z.string()]);
const paramName = z
  .string()
  .regex(PARAM_NAME, 'is not a name of a parameter: letters, digits, _ and -, a letter first');

/** A parameter that a stack or a template declares. */
export const paramSchema = z.strictObject({
  type: z
    .enum(PARAM_TYPES)
    .optional()
    .describe('Type of its values; that of the default when not said, string without one.'),
  default: z
    .union([scalar, z.array(scalar)])
    .optional()
    .describe('Value when none is given; without it a value must be given.'),
  portion: z
    .strictObject({
      of: paramName.describe('A parameter above this one: a number, an integer, a size or a duration.'),
      factor: z.number().positive().describe('0.25 is a quarter of it.'),
    })
    .optional()
    .describe('Value when none is given and the other one has a value: a part of that. The default comes after it.'),
  optional: z.boolean().default(false).describe('May be left out; what is only ${name} is then left out, too.'),
  description: z.string().optional().describe('What it is for.'),
  example: scalar.optional().describe('A value, for the example of template show.'),
  allowed: z.array(scalar).min(1).optional().describe('The only values it may have.'),
  min: bound.optional().describe('Smallest value of a number, an integer, a size or a duration.'),
  max: bound.optional().describe('Greatest value of a number, an integer, a size or a duration.'),
});

/** Parameters by name. */
export const paramsSchema = z.record(paramName, paramSchema);

export type ParamDeclaration = z.output<typeof paramSchema>;
