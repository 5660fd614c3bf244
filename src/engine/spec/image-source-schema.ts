import {z} from 'zod';
import {parseReference} from './image-reference.ts';
import {ENV_NAME} from './names.ts';
import {envValue, line} from './texts.ts';

/** An image by reference. */
export const image = z.string().superRefine((written, context) => {
  const parsed = parseReference(written);
  if ('wrong' in parsed) context.addIssue(`${JSON.stringify(written)} is not an image reference: it ${parsed.wrong}`);
});

/** A file or folder of this machine, relative to the file that names it. */
export const localPath = line.min(1, 'must not be empty');

/** What an image is built from. */
export const imageBuild = z.union([
  localPath,
  z.strictObject({
    context: localPath.describe('Folder that is sent to the build, relative to this file.'),
    file: localPath.optional().describe('Containerfile or Dockerfile, relative to the context.'),
    args: z.record(z.string(), envValue).default({}).describe('Build arguments.'),
    target: line.optional().describe('Stage of the file to build.'),
  }),
]);

/** Environment variables by name. */
export const env = z.record(
  z.string().regex(ENV_NAME, 'is not a name of an environment variable: letters, digits and _, no digit first'),
  envValue,
);

/** Who a container's process runs as. */
export const user = line.regex(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
  'is not a user: write a name or number, or user:group',
);
