import {z} from 'zod';
import {parseSize} from './quantities.ts';

const smallest = 32 * 1024;
const largest = 1024 ** 3;

const fileSize = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(String(value));
  if (bytes === undefined) context.addIssue('is not a size: write a number and a unit (Ki, Mi, Gi), for example 10Mi');
  else if (bytes < smallest || bytes > largest) context.addIssue(`must be from 32Ki to 1Gi, is ${value}`);
  return bytes ?? 0;
});

/** How the log of a container is turned over on its host. */
export const logsSchema = z.strictObject({
  maxSize: fileSize.prefault('10Mi').describe('Size of one file of the log; then the next one begins.'),
  maxFiles: z.int().min(1).max(9).default(4).describe('How many files of the log are kept, the newest among them.'),
});
