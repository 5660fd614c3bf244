import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {rootsDirectory} from '../../../src/engine/lab/index.ts';
import {mustRun} from '../../../src/engine/lab/machine.ts';
import {withMachineLock} from '../../../src/engine/lab/machine-lock.ts';
import {readMirror} from '../../../src/engine/lab/roots.ts';
import {filesLayer, ociArchive} from './oci-archive.ts';

export interface DebianImage {
  /** Names the file in the cache, and the image: `niyanta.local/NAME:RELEASE`. */
  readonly name: string;
  /** Default: bookworm. */
  readonly release?: 'bookworm' | 'trixie';
  /** Beside base-files, dash, coreutils and netbase. Unpacked, not set up: maintainer scripts do not run. */
  readonly packages: readonly string[];
  /** Users beside root and nobody, by name; their group has the same name and number. */
  readonly users?: Readonly<Record<string, number>>;
  /** Shell text that runs on this machine when the packages are unpacked, with the root as `$1`. */
  readonly setup?: string;
  /** Executable files of a second, small layer, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly stopSignal?: string;
}

/**
 * The path of an OCI archive made of Debian's packages, for `archive:` in a stack. It takes some seconds once and is
 * cached beside the lab's roots; tests at the same time do not make the same one twice.
 */
export async function debianArchive(image: DebianImage): Promise<string> {
  const release = image.release ?? 'bookworm';
  const key = createHash('sha256')
    .update(JSON.stringify([image, unneeded, setup(image)]))
    .digest('hex')
    .slice(0, 12);
  const path = join(dirname(rootsDirectory()), 'test-images', `${image.name}-${release}-${key}.tar`);
  if (existsSync(path)) return path;
  await withMachineLock(`test-image/${path}`, async () => {
    if (existsSync(path)) return;
    await mkdir(dirname(path), {recursive: true});
    const base = await baseLayer(image, release, dirname(path));
    const layers = image.files ? [base, await filesLayer(image.files)] : [base];
    const archive = await ociArchive(`niyanta.local/${image.name}:${release}`, configOf(image), layers);
    await writeFile(`${path}.new`, archive);
    await rename(`${path}.new`, path);
  });
  return path;
}

const configOf = (image: DebianImage) => ({
  Env: image.env ?? ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ...(image.entrypoint && {Entrypoint: image.entrypoint}),
  Cmd: image.command ?? ['sh'],
  ...(image.user && {User: image.user}),
  ...(image.workingDirectory && {WorkingDir: image.workingDirectory}),
  ...(image.stopSignal && {StopSignal: image.stopSignal}),
});

/** Images of the same packages share it: only what lies above them is made again. */
async function baseLayer(image: DebianImage, release: string, folder: string): Promise<Buffer> {
  const script = setup(image);
  const made = [release, image.packages, script, unneeded];
  const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12);
  const path = join(folder, `${image.name}-${release}-${key}.layer`);
  await withMachineLock(`test-image/${path}`, async () => {
    if (existsSync(path)) return;
    const building = `${path}.building.tar`;
    await rm(building, {force: true});
    const argv = mmdebstrap([...always, ...image.packages], script, release, building);
    await mustRun(argv, `mmdebstrap for the image ${image.name}`);
    await rename(building, path);
  });
  return readFile(path);
}

/** `extract`: packages and what they depend on, unpacked and not set up: no apt, no dpkg, no init in an image. */
const mmdebstrap = (packages: readonly string[], hook: string, release: string, output: string): string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['env', 'SOURCE_DATE_EPOCH=1700000000', 'mmdebstrap', '--quiet', '--mode=root', '--variant=extract'],
  // Mirrors that are snapshots of a day have release files past their date.
  '--aptopt=Acquire::Check-Valid-Until "false"',
  ...unneeded.map(name => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  `--include=${packages.join(',')}`,
  `--extract-hook=${hook}`,
  release,
  output,
  readMirror(),
];

const always = ['base-files', 'dash', 'coreutils', 'netbase'];
const unneeded = 'doc man info locale lintian bug i18n zoneinfo/right pixmaps applications'.split(' ');

/** What packages would have set up, users, then what is the image's own. */
function setup(image: DebianImage): string {
  const users = Object.entries({root: 0, nobody: 65534, ...image.users});
  const line = (file: string, text: string): string => `printf '%s\\n' '${text}' >> "$1/etc/${file}"`;
  return [
    'set -e',
    'mkdir -p "$1/etc" "$1/tmp" "$1/run" "$1/root" "$1/home" "$1/var/tmp"',
    'chmod 1777 "$1/tmp" "$1/var/tmp"',
    'rm -rf "$1/var/run" && ln -s /run "$1/var/run"',
    'rm -f "$1/etc/passwd" "$1/etc/group"',
    ...users.map(([name, id]) => line('passwd', `${name}:x:${id}:${id}:${name}:/:/bin/sh`)),
    ...users.map(([name, id]) => line('group', `${name}:x:${id}:`)),
    `printf 'passwd: files\\ngroup: files\\nhosts: files dns\\n' > "$1/etc/nsswitch.conf"`,
    '[ -e "$1/usr/bin/sh" ] || ln -s dash "$1/usr/bin/sh"',
    'rm -rf "$1"/var/cache/* "$1"/var/lib/apt "$1"/usr/share/python-wheels',
    image.setup ?? '',
  ].join('\n');
}
