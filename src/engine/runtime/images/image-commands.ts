import type {Command} from '../../hosts/command.ts';
import {ctr} from '../ctr.ts';
import type {ObservedImage} from '../observed.ts';

/** Digests of all blobs in the host's content store. */
export const storedBlobs = {
  command: ctr('content', 'ls', '--quiet'),
  parse: (stdout: string): ReadonlySet<string> => new Set(stdout.split('\n').filter(line => line !== '')),
};

/** Images of our namespace. Columns as `ctr images ls` prints them: REF TYPE DIGEST SIZE PLATFORMS LABELS. */
export const listedImages = {
  command: ctr('images', 'ls'),
  parse: (stdout: string): ObservedImage[] =>
    stdout
      .split('\n')
      .slice(1)
      .map(line => line.split(/\s+/))
      .filter(([name, , digest]) => name && digest)
      .map(([name, , digest]) => ({name: name!, digest: digest!})),
};

/** Reads an OCI archive from standard input; unpacks it for the snapshotter. */
export const importImage: Command = ctr('images', 'import', '-');

/** Writes an image as an OCI archive to standard output. */
export const exportImage = (name: string): Command => ctr('images', 'export', '-', name);

/** A second name for an image, in place of what had that name. */
export const tagImage = (from: string, to: string): Command => ctr('images', 'tag', '--force', from, to);
