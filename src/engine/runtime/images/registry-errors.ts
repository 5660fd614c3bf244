import {OutsideError} from '../../spec/errors.ts';
import type {HostName} from '../../spec/stack.ts';
import type {ImageReference} from './image-name.ts';
import type {RegistryAccess} from './registry-access.ts';

/** Permanent: the registry knows no such image. */
export const imageNotFound = (host: HostName, {full, registry}: ImageReference): OutsideError =>
  new OutsideError({
    code: 'image-not-found',
    message: `${host}: there is no image ${full}`,
    hint: `Check the name and the tag; ${registry} was asked.`,
    host,
  });

/** Permanent: the registry wants other credentials. */
export const unauthorized = (host: HostName, {full, registry}: ImageReference, access: RegistryAccess): OutsideError =>
  new OutsideError({
    code: 'registry-unauthorized',
    message:
      access.username === undefined
        ? `${host}: ${registry} gives ${full} only to those who log in`
        : `${host}: ${registry} does not give ${full} to user "${access.username}"`,
    hint:
      access.username === undefined
        ? `Add to niyanta.yaml: registries: {"${registry}": {username: NAME, password: "\${secret:NAME}"}}`
        : `Check the user name and the password of "${registry}" under registries in niyanta.yaml.`,
    host,
  });

/** Transient: no connection, or the registry's own fault. */
export const registryUnreachable = (
  host: HostName,
  {full, registry}: ImageReference,
  why: string,
  cause?: unknown,
): OutsideError =>
  new OutsideError({
    code: 'registry-unreachable',
    message: `${host}: could not get ${full} from ${registry}: ${why}`,
    hint: `Check that ${host} reaches ${registry}.`,
    host,
    transient: true,
    cause,
  });

/** Permanent until the project says that http will do. */
export const plainHttpExpected = (host: HostName, {registry}: ImageReference, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'registry-plain-http',
    message: `${host}: ${registry} speaks plain http, not https`,
    hint: `If that is meant, add to niyanta.yaml: registries: {"${registry}": {http: true}}`,
    host,
    cause,
  });

/** What `ctr images pull` said, as an error. Its words are those of containerd 1.6 to 2.1. */
export function pullFailure(
  host: HostName,
  image: ImageReference,
  access: RegistryAccess,
  command: string,
  output: {readonly code: number; readonly stderr: string},
): OutsideError {
  const said = output.stderr;
  const lastLines = said.split('\n').filter(Boolean).slice(-5);
  const last = lastLines.at(-1) ?? `exit code ${output.code}`;
  if (/no space left on device/i.test(said))
    return new OutsideError({
      code: 'disk-full',
      message: `${host}: the disk is full; it could not pull ${image.full}`,
      hint: `Make room under /var/lib/containerd on ${host}, for example with "niyanta gc".`,
      host,
      command,
      exitCode: output.code,
      lastLines,
    });
  if (/gave HTTP response to HTTPS client/i.test(said)) return plainHttpExpected(host, image);
  if (/\b40[13]\b|unauthorized|forbidden|authorization failed|no basic auth/i.test(said)) {
    return unauthorized(host, image, access);
  }
  if (/not found|no match for platform/i.test(said)) return imageNotFound(host, image);
  if (/dial tcp|no such host|timeout|connection re(?:fused|set)|\b5\d\d\b|\bEOF\b|unavailable|too many/i.test(said))
    return registryUnreachable(host, image, last);
  return new OutsideError({
    code: 'image-pull-failed',
    message: `${host}: could not pull ${image.full}: ${last}`,
    hint: 'The last lines of ctr say why.',
    host,
    command,
    exitCode: output.code,
    lastLines,
  });
}
