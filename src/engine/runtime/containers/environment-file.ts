import {UserError} from '../../spec/errors.ts';

/** `ctr` reads lines of less than 64 KiB (Go's bufio.Scanner). Bytes. */
const longestLine = 65_000;

/**
 * One `NAME=value` a line, as `ctr --env-file` reads it. Errors: UserError `env-multiline`, since it cuts values at a
 * newline, and `env-too-long`; `where` the variables stand, for them.
 */
export function environmentFile(where: string, env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      const line = `${name}=${value}\n`;
      if (!/[\n\r\0]/.test(value) && Buffer.byteLength(line) <= longestLine) return line;
      const hint = 'Put the value into a file, and mount that: mounts: ["/path/on/host:/path/in/container:ro"]';
      if (Buffer.byteLength(line) > longestLine)
        throw new UserError({
          code: 'env-too-long',
          message: `${where}.${name}: its value is longer than 65 000 bytes`,
          hint,
        });
      throw new UserError({
        code: 'env-multiline',
        message: `${where}.${name}: its value has more than one line, which containerd's ctr cannot pass on`,
        hint,
      });
    })
    .join('');
}
