import {createHash} from 'node:crypto';

/** Tools whose layer cache overlooks the values of build arguments (seen on buildah 1.28.2; podman builds with it). */
export const overlooksArguments: ReadonlySet<string> = new Set(['buildah', 'podman']);

/**
 * The Dockerfile with a label behind each `ARG` that is given a value, so that the cache ends there when the value
 * changes, as docker's does. An `ARG` before the first `FROM` changes that `FROM`, which every cache sees.
 */
export function withArgumentLabels(dockerfile: string, args: Readonly<Record<string, string>>): string {
  let inStage = false;
  return dockerfile
    .split('\n')
    .flatMap(line => {
      if (/^\s*FROM\s/i.test(line)) inStage = true;
      const name = /^\s*ARG\s+([A-Za-z_]\w*)\s*(?:=[^\\]*)?$/i.exec(line)?.[1];
      const value = name === undefined ? undefined : args[name];
      return inStage && value !== undefined ? [line, `LABEL niyanta.arg.${name}=${shortHash(value)}`] : [line];
    })
    .join('\n');
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
