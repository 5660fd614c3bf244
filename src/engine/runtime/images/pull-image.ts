import {render} from '../../hosts/command.ts';
import type {Connection} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {FencedHost} from '../fenced-host.ts';
import {listedImages, tagImage} from './image-commands.ts';
import {digestName, type ImageReference, parseReference} from './image-name.ts';
import {pullPrivate, pullPublic} from './pull-commands.ts';
import {findManifest} from './registry.ts';
import {hostsToml, type RegistryAccess, registryUrl} from './registry-access.ts';
import {pullFailure} from './registry-errors.ts';

export interface PullOptions {
  /** Pull exactly this, whatever the tag means now. */
  readonly digest?: string;
  readonly access?: RegistryAccess;
  readonly signal?: AbortSignal;
}

/** Large images over slow lines take their time; a dead line shows by the connection's keepalive. */
const pullTimeoutMs = 60 * 60 * 1000;

/**
 * Pulls an image on the host and names it by its full reference, and by its digest, so that what an older tag meant
 * stays at hand for a rollback. A digest that the host has already is not asked of the registry again. Credentials
 * are in no argv, and in no file but one on tmpfs that is gone afterwards. Errors: OutsideError `image-not-found`,
 * `registry-unauthorized`, `registry-unreachable` (transient), `registry-plain-http`, `disk-full`,
 * `image-pull-failed`.
 */
export async function pullImage(
  host: FencedHost,
  reference: string,
  {digest, access = {http: false}, signal}: PullOptions = {},
): Promise<{readonly name: string; readonly digest: string}> {
  const image = parseReference(reference);
  const wanted = digest ?? image.digest;
  const byDigest = wanted && digestName(reference, wanted);
  if (byDigest === undefined || (await resolveReference(host.reading, byDigest)) === undefined)
    await pull(host, image, byDigest ?? image.full, access, signal);
  const found = wanted ?? (await resolveReference(host.reading, image.full));
  if (found === undefined) throw missing(host, image.full);
  const known = byDigest ?? image.full;
  for (const name of new Set([image.full, digestName(reference, found)]))
    if (name !== known) await host.script({what: `name an image ${name}`, text: render(tagImage(known, name))});
  return {name: image.full, digest: found};
}

/** The digest that a name has on the host; undefined when the host has no such image. */
export async function resolveReference(connection: Connection, name: string): Promise<string | undefined> {
  const listed = await mustRun(connection, listedImages.command, {what: 'list its images'});
  return listedImages.parse(listed.stdout).find(image => image.name === name)?.digest;
}

async function pull(
  host: FencedHost,
  image: ImageReference,
  name: string,
  access: RegistryAccess,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Asked beforehand: the token must come from somewhere, and ctr of 1.6 says "unauthorized" for an unknown tag.
  const header =
    access.username === undefined
      ? undefined
      : (await findManifest(host.reading, parseReference(name), access)).authorization;
  const command = header === undefined ? pullPublic(name, access.http) : pullPrivate(image.registry, name);
  const input = header === undefined ? undefined : hostsToml(registryUrl(image, access), header);
  const output = await host.run(command, `pull ${name}`, {timeoutMs: pullTimeoutMs, signal, input});
  signal?.throwIfAborted();
  if (output.code !== 0) throw pullFailure(host.host, image, access, render(pullPublic(name, access.http)), output);
}

const missing = ({host}: FencedHost, name: string): OutsideError =>
  new OutsideError({
    code: 'image-pull-failed',
    message: `${host}: containerd pulled ${name}, but does not list it`,
    hint: "Look at the host's images: ctr --namespace niyanta images ls",
    host,
    transient: true,
  });
