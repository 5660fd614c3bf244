import {failed} from './back-up-volume.ts';
import {feed} from './runtime/backup/feed.ts';
import type {Bytes} from './runtime/backup/seal.ts';
import {unpackVolume} from './runtime/backup/volume-scripts.ts';
import type {FencedHost} from './runtime/fenced-host.ts';

/** Unpacks a tar into a folder beside the volumes. The folder is good only if this resolves. */
export async function unpack(
  {changing}: {readonly changing: (host: string) => FencedHost},
  host: string,
  folder: string,
  data: Bytes,
): Promise<void> {
  const {output, failure} = await feed(await changing(host).spawn(unpackVolume(folder), 'unpack a volume'), data);
  if (failure !== undefined) throw failure;
  if (output.code !== 0) throw failed(host, 'unpack the data', output);
}
