import {z} from 'zod';
import {isSecretName} from './names.ts';
import type {SecretFile} from './stack.ts';
import {containerPath, line} from './texts.ts';

const name = z
  .string()
  .refine(isSecretName, 'is not a name of a secret: letters, digits and _, no digit first; or PREFIX/NAME of a source');

const described = z.strictObject({
  name: name.describe('Name of the secret.'),
  target: containerPath.optional().describe('Path in the container; /run/secrets/NAME when not given.'),
  mode: z
    .union([z.int().transform(String), z.string()])
    .pipe(z.string().regex(/^0?[0-7]{3}$/, 'is not a mode: write three octal digits, such as "0400"'))
    .optional()
    .describe('Permissions, such as "0400".'),
  user: line
    .regex(
      /^\d{1,10}(?::\d{1,10})?$/,
      'is not a numeric user: write 1000 or 1000:1000, names are known in the image only',
    )
    .optional()
    .describe('Owner, as a number, or user:group; the user of the service where that is a number.'),
});

/** A secret as a file of a container, as it may be written. */
export const secretFile = z.union([name.transform(written => ({name: written})), described]);

/** Where secrets are found in a container. */
export const secretsFolder = '/run/secrets';

/**
 * With an owner (its own, or the service's user where that is a number) only the owner may read it; else everybody in
 * the container, since nobody knows here under which user the image runs.
 */
export function compileSecretFile(written: z.output<typeof secretFile>, serviceUser: string | undefined): SecretFile {
  const {name: secret, target, mode, user} = {target: undefined, mode: undefined, user: undefined, ...written};
  const owner = /^(\d+)(?::(\d+))?$/.exec(user ?? serviceUser ?? '');
  const uid = Number(owner?.[1] ?? 0);
  return {
    name: secret,
    target: target ?? `${secretsFolder}/${secret}`,
    mode: (mode ?? (owner ? '400' : '444')).padStart(4, '0'),
    uid,
    gid: Number(owner?.[2] ?? uid),
  };
}
