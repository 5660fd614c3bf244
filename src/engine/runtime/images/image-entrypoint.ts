import type {Connection} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import {OutsideError} from '../../spec/errors.ts';
import {ctr} from '../ctr.ts';
import {type Descriptor, imageConfiguration, imageIndex, imageManifest} from './oci-schemas.ts';

/**
 * The entrypoint of an image that the host has, read from its content store. `ctr run` drops it when it is given
 * arguments, so it is put in front of them. `architecture` as OCI says it: amd64.
 */
export async function imageEntrypoint(
  connection: Connection,
  digest: string,
  architecture: string,
): Promise<readonly string[]> {
  const top = await blob(connection, digest);
  const index = imageIndex.safeParse(top);
  const manifest = index.success
    ? await blob(connection, forPlatform(connection, index.data.manifests, digest, architecture).digest)
    : top;
  const {config} = imageManifest.parse(manifest);
  return imageConfiguration.parse(await blob(connection, config.digest)).config?.Entrypoint ?? [];
}

async function blob(connection: Connection, digest: string): Promise<unknown> {
  const {stdout} = await mustRun(connection, ctr('content', 'get', digest), {
    what: `read image ${digest.slice(0, 19)}`,
  });
  return JSON.parse(stdout);
}

function forPlatform(
  {host}: Connection,
  manifests: readonly Descriptor[],
  digest: string,
  architecture: string,
): Descriptor {
  const found =
    manifests.find(({platform}) => platform?.os === 'linux' && platform.architecture === architecture) ??
    (manifests.length === 1 ? manifests[0] : undefined);
  if (found) return found;
  throw new OutsideError({
    code: 'image-architecture',
    message: `${host}: image ${digest.slice(0, 19)} is not made for ${architecture}`,
    hint: 'Choose an image that is, or require another host: placement.require',
    host,
  });
}
