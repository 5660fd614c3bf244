import {z} from 'zod';

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256: 64 digits of 0-9a-f')
  .describe('SHA-256 of the content, hexadecimal.');

const mostParts = 4096;

export const fileQuery = {sha256: sha256.optional().describe('What the content has to be; refused when it is not.')};

export const fileAnswer = z.object({sha256, size: z.int().min(0).describe('Bytes.')}).meta({id: 'File'});

export const joinBody = z
  .strictObject({sha256, parts: z.array(sha256).min(1).max(mostParts).describe('In order; each was sent before.')})
  .meta({id: 'JoinFile'});

export const missingBody = z.strictObject({files: z.array(sha256).min(1).max(10_000)}).meta({id: 'AskedFiles'});

export const missingAnswer = z
  .object({missing: z.array(sha256).describe('Those of them that are not here, each once.')})
  .meta({id: 'MissingFiles'});

/** Of a submission: what was sent before it. */
export const sentFiles = z
  .strictObject({
    image: sha256
      .optional()
      .describe('Manifest of the image of a workload with `archive`; it and what it refers to were sent as files.'),
    files: z.record(z.string().max(4096), sha256).optional().describe('Input files by their path in the container.'),
  })
  .describe('What was sent before (POST /v1/files), in place of `inputs`.')
  .meta({id: 'SentFiles'});
