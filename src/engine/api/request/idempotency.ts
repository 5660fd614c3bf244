import {z} from 'zod';

/** Others of a request's headers stay as they are. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
    .optional()
    .describe('The same key with the same content gives what was made then, and makes nothing.'),
});
