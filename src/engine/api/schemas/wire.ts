import {z} from 'zod';

/** Times go over the wire as RFC 3339 in UTC, durations as milliseconds, sizes as bytes. */
export const time = z.iso.datetime({offset: true}).meta({examples: ['2026-11-21T18:30:00.000Z']});

export const timeText = (ms: number): string => new Date(ms).toISOString();

/** What a time that a client wrote is, in milliseconds since 1970. */
export const timeOf = (text: string): number => Date.parse(text);

export const workloadId = z
  .uuid('is not the id of a workload: a UUID')
  .describe('Id of the workload, a UUID of version 7.')
  .meta({examples: ['019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11']});

export const customerId = z
  .string()
  .max(63)
  .regex(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/, 'is not the id of a customer: lower-case letters, digits, dashes')
  .describe('Id of the customer.')
  .meta({examples: ['acme']});

/** A name that stands in a path or a filter: one line, not empty, not endless. */
export const word = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .refine(text => !/[\u0000-\u001f\u007f]/.test(text), 'must be one line without control characters');

/** How many entries of a list an answer has at most, and where it goes on. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Entries a page.'),
  after: z.string().max(1000).optional().describe('`next` of the page before.'),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().optional().describe('Opaque; give it as `after` for the next page. Absent on the last one.'),
  });

export const listOf = <T extends z.ZodType>(item: T) => z.object({items: z.array(item)});

/** `PENDING,RUNNING`, or the parameter several times. */
export const manyOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    value =>
      value === undefined
        ? undefined
        : [value].flat().flatMap(part => (typeof part === 'string' ? part.split(',') : [part])),
    z.array(item).min(1).max(50).optional(),
  );

export const actor = z.object({
  name: z.string().describe('`key:PREFIX`, `coordinator:ID`, `worker:HOST`.'),
  request: z.string().optional().describe('Id of the request that asked for it.'),
});

/** Others of a request's headers stay as they are. */
export const lastEventId = z.looseObject({
  'last-event-id': z.string().max(200).optional().describe('Where a stream goes on that was cut off.'),
});

/** The same of a stream of many logs: how far each of them was read. */
export const replicaPlace = z.looseObject({
  'last-event-id': z.string().max(8000).optional().describe('Where a stream goes on that was cut off.'),
});
