import path from 'node:path';
import {z} from 'zod';

/** A text without what no argv, environment or label can carry. */
const hasControl = (text: string): boolean => /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);

/** One line of text. */
export const line = z.string().refine(text => !hasControl(text), 'must be one line without control characters');

/** A text that may have several lines. */
export const text = z.string().refine(value => !value.includes('\0'), 'must not contain a NUL character');

/** A value of an environment variable. */
export const envValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine(value => !value.includes('\0'), 'must not contain a NUL character')
  .refine(value => !/[\n\r]/.test(value), {
    message:
      'has more than one line, which an environment variable of a container cannot carry: put it into a file and mount that',
  });

/** Absolute path inside a container. */
export const containerPath = z.string().transform((value, context) => {
  const wrong = wrongPath(value);
  if (wrong !== undefined || value === '/') {
    context.addIssue(wrong ?? 'must not be / itself');
    return z.NEVER;
  }
  return path.posix.normalize(value).replace(/\/$/, '');
});

/** What is wrong with an absolute path that goes into a mount, if anything. */
export function wrongPath(value: string): string | undefined {
  if (!value.startsWith('/')) return `must be an absolute path, starting with /, is ${JSON.stringify(value)}`;
  if (value.split('/').includes('..')) return 'must not contain ..';
  if (hasControl(value) || /[,:"\\]/.test(value))
    return 'must not contain a comma, colon, quote, backslash or control character';
  return undefined;
}
