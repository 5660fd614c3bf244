import {OutsideError} from '../../spec/errors.ts';
import type {AttemptSpec} from './attempt-spec.ts';

/**
 * Why a container could not be started, of what `ctr` and the toolkit say. Codes: `command-not-found` (exitCode 127) and
 * `command-not-executable` (126), which are the job's own failure as in a shell; `image-gone`, `gpus-taken`, `host-full` and `port-taken`, transient;
 * else the error as it is.
 */
export function startFailure({image}: Pick<AttemptSpec, 'image'>, error: unknown): unknown {
  if (!(error instanceof OutsideError)) return error;
  if (error.code === 'disk-full') return fullHere(error);
  if (error.code !== 'command-failed') return error;
  const said = error.lastLines?.join('\n') ?? '';
  const as = (code: string, message: string, more: {exitCode?: number; transient?: boolean; hint?: string} = {}) =>
    new OutsideError({code, message, host: error.host, lastLines: error.lastLines, cause: error, ...more});
  const program = /exec: "((?:[^"\\]|\\.)*)": /.exec(said)?.[1] ?? 'the command';
  if (/executable file not found in \$PATH|exec: .*: no such file or directory/.test(said))
    return as('command-not-found', `exit 127: ${program}: command not found`, {exitCode: 127});
  if (/exec: .*: permission denied|exec format error/.test(said))
    return as('command-not-executable', `exit 126: ${program}: the command cannot be executed`, {exitCode: 126});
  if (/image ".*": not found|: not found$/m.test(said) && said.includes(image.name))
    return as('image-gone', `${error.host}: the image ${image.name} is not there any more`, {transient: true});
  if (said.includes('gpus-taken:'))
    return as('gpus-taken', `${error.host}: ${/gpus-taken: (.*)/.exec(said)![1]}`, {
      transient: true,
      hint: 'Somebody else on the host has them: another coordinator, or a niyanta run.',
    });
  if (said.includes('host-full:'))
    return as('host-full', `${error.host}: no room: ${/host-full: (.*)/.exec(said)![1]}`, {
      transient: true,
      hint: 'Somebody else on the host has it: another coordinator, or a niyanta run.',
    });
  const port = /port \S+ of this host is published by \S+/.exec(said)?.[0];
  if (port)
    return as('port-taken', `${error.host}: ${port}`, {
      transient: true,
      hint: 'Leave the choice of the port to the host, or require another host.',
    });
  return error;
}

/** What one host has no room for is tried on another one, and there again when room was made. */
export function fullHere(error: unknown): unknown {
  if (!(error instanceof OutsideError) || error.code !== 'disk-full') return error;
  const {code, message, host, hint, lastLines} = error;
  return new OutsideError({code, message, host, hint, lastLines, cause: error, transient: true});
}
