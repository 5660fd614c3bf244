import {failed, volumeFiles} from './back-up-volume.ts';
import type {StepContext} from './executor/actions.ts';
import type {VolumeOperation} from './planner/plan.ts';
import {told} from './runtime/backup/seal.ts';
import {asidePath, checksumOf, removeAside, swapVolume} from './runtime/backup/volume-scripts.ts';
import {runScript} from './runtime/containers/host-script.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import * as paths from './runtime/paths.ts';
import {Bug, OutsideError} from './spec/errors.ts';
import {unpack} from './unpack-volume.ts';

/** Milliseconds that reading all of a volume once more may take. */
const checksumTimeoutMs = 12 * 3_600_000;

/**
 * Copies a volume to another host through this machine, nothing of which is kept here, and puts it in place there only
 * when every file has the checksum that it has on the old host. Nobody may write to it meanwhile; the old one stays.
 */
export async function copyVolume(
  changing: (host: string) => FencedHost,
  {volume, path, from, host}: VolumeOperation,
  {signal, onProgress}: StepContext,
): Promise<void> {
  if (from === undefined) throw new Bug(`volume ${volume} has nowhere to come from`);
  const folder = path.slice(paths.volumesFolder.length + 1);
  const [made, kept] = [asidePath(folder, 'new'), asidePath(folder, 'empty')];
  const files = volumeFiles(changing(from), {volume, path}, [], {exact: true});
  try {
    await unpack(
      {changing},
      host,
      made,
      told(files, bytes => onProgress(`copy ${volume} to ${host}`, bytes)),
    );
    signal.throwIfAborted();
    const [there, here] = await Promise.all([checksum(changing(from), path), checksum(changing(host), made)]);
    if (there !== here) {
      const message = `volume ${volume} arrived on ${host} with another checksum than it has on ${from}`;
      throw new OutsideError({
        code: 'volume-copy-differs',
        message,
        host,
        hint: 'Try again; see whether something still writes to it.',
      });
    }
    await runScript(changing(host), swapVolume(path, made, kept));
  } finally {
    await runScript(changing(host), removeAside(made, kept)).catch(() => undefined);
  }
}

async function checksum({reading}: FencedHost, folder: string): Promise<string> {
  const output = await reading.run(checksumOf(folder), {timeoutMs: checksumTimeoutMs});
  const sum = output.stdout.trim();
  if (output.code !== 0 || !/^[0-9a-f]{64}$/.test(sum)) throw failed(reading.host, `read ${folder}`, output);
  return sum;
}
