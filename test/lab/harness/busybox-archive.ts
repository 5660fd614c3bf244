import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {rootsDirectory} from '../../../src/engine/lab/index.ts';
import {ensureRoot} from '../../../src/engine/lab/roots.ts';
import {filesLayer, ociArchive, tar} from './oci-archive.ts';

export interface BusyboxImage {
  /** Its reference; default `docker.io/library/busybox:test`. */
  readonly reference?: string;
  readonly entrypoint?: readonly string[];
  /** Default: `sleep infinity`. */
  readonly command?: readonly string[];
  /** As USER in a Dockerfile. The image has `root` and `app` (1000). */
  readonly user?: string;
  readonly env?: readonly string[];
  /** Files of a second, small layer, by absolute path: change one to get another image with the same base layer. */
  readonly files?: Readonly<Record<string, string>>;
  readonly architecture?: 'amd64' | 'arm64';
}

/**
 * A real image without a registry: an OCI archive (a tar of an OCI image layout) with busybox-static, all its
 * applets, /etc/passwd, /www for `httpd -f -p 8080 -h /www`, and a second layer with `files`. The same input gives
 * the same digests.
 */
export async function busyboxArchive(image: BusyboxImage = {}): Promise<Buffer> {
  const layers = [await baseLayer(), await filesLayer(image.files ?? {'/www/index.html': 'hello\n'})];
  return ociArchive(
    image.reference ?? 'docker.io/library/busybox:test',
    {
      Env: ['PATH=/bin', ...(image.env ?? [])],
      ...(image.entrypoint && {Entrypoint: image.entrypoint}),
      Cmd: image.command ?? ['sleep', 'infinity'],
      ...(image.user && {User: image.user}),
    },
    layers,
    image.architecture,
  );
}

let base: Promise<Buffer> | undefined;

/** Made once a process. */
function baseLayer(): Promise<Buffer> {
  base ??= (async () => {
    const busybox = await busyboxProgram();
    return tar([
      ...['bin', 'etc', 'tmp', 'www', 'var', 'proc', 'sys', 'dev'].map(name => ({
        name,
        mode: name === 'tmp' ? 0o1777 : 0o755,
      })),
      {name: 'bin/busybox', content: busybox, mode: 0o755},
      ...applets.map(name => ({name: `bin/${name}`, link: 'busybox'})),
      {name: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n')},
      {name: 'etc/group', content: Buffer.from('root:x:0:\napp:x:1000:\n')},
    ]);
  })();
  return base;
}

/** busybox, statically linked: all that a Dockerfile needs. */
export const busyboxProgram = async (): Promise<Buffer> => readFile(await busyboxPath());

/** Debian's busybox-static, out of the root that lab hosts have. */
async function busyboxPath(): Promise<string> {
  const key = await ensureRoot({release: 'bookworm', systemd: false, prepared: true}, () => {});
  const found = ['bin/busybox', 'usr/bin/busybox'].map(path => join(rootsDirectory(), key, path)).find(existsSync);
  if (!found) throw new Error(`the lab's root ${key} has no busybox`);
  return found;
}

const applets =
  'sh ash awk base64 cat chmod chown cp cut date dd df echo env expr false free grep head hostname httpd id ip kill ln ls md5sum mkdir mktemp more mount mv nc netstat nproc nslookup ping printf ps pwd readlink rm rmdir route sed seq sleep sort stat sync tail tar tee test timeout top touch tr true tty umount uname uniq usleep vi wc wget which whoami xargs yes'.split(
    ' ',
  );
