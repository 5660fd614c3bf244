// Makes niyanta's container image as an OCI archive: node scripts/image.mjs FILE. Linux and root; needs `npm run build`.
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import process from 'node:process';
import {copyApp} from './copy-app.mjs';
import {newEnoughNode, root} from './node24.mjs';
import {installDebianPackages} from './packages.mjs';

const suite = 'bookworm';
const packages = ['base-files', 'libc6', 'libstdc++6', 'libgcc-s1', 'netbase', 'tzdata'];
const epoch = '1700000000';
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const target = process.argv[2];
if (target === undefined) {
  process.stderr.write('usage: node scripts/image.mjs FILE\n');
  process.exit(64);
}
const missing = installDebianPackages('lab', 'images');
if (missing.length > 0) throw new Error(`these Debian packages are missing: ${missing.join(' ')}`);
await build(resolve(target));

async function build(file) {
  const folder = mkdtempSync(join(tmpdir(), 'niyanta-image-'));
  const context = join(folder, 'context');
  try {
    mkdirSync(context);
    cpSync(await rootTar(), join(context, 'root.tar'));
    cpSync(newEnoughNode(), join(context, 'node'), {dereference: true});
    copyApp(join(context, 'app'));
    // A store of its own: nothing of it is left on the machine.
    const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay'];
    const tag = `niyanta:${version}`;
    const containerfile = join(root, 'deploy', 'image', 'Containerfile');
    run('buildah', [
      ...store,
      'build',
      '--layers',
      '--timestamp',
      epoch,
      '--file',
      containerfile,
      '--tag',
      tag,
      context,
    ]);
    rmSync(file, {force: true});
    run('buildah', [...store, 'push', tag, `oci-archive:${file}:docker.io/library/${tag}`]);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Debian's libraries, unpacked; made once, then cached. The same packages give the same bytes. */
async function rootTar() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'niyanta');
  const path = join(cache, `image-root-${suite}-${packages.join('-')}.tar`);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), {recursive: true});
  const {readMirror} = await import('../src/engine/lab/roots.ts');
  const fresh = join(cache, `.image-root-${process.pid}.tar`);
  const words = ['--quiet', '--mode=root', '--variant=extract', '--aptopt=Acquire::Check-Valid-Until "false"'];
  const unneeded = ['doc', 'man', 'info', 'locale', 'lintian', 'bug'].map(
    name => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
  );
  // The folder of volumes and configuration belongs to who runs there.
  const hook =
    'mkdir -p "$1/data" "$1/etc/niyanta" "$1/tmp" && chmod 1777 "$1/tmp" && chown 65532:65532 "$1/data" && ' +
    'printf \'root:x:0:0::/:/\\nniyanta:x:65532:65532::/data:/\\n\' >"$1/etc/passwd" && ' +
    'printf \'root:x:0:\\nniyanta:x:65532:\\n\' >"$1/etc/group"';
  const merged = '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr';
  const include = `--include=${packages.join(',')}`;
  try {
    const env = {...process.env, SOURCE_DATE_EPOCH: epoch};
    run(
      'mmdebstrap',
      [...words, ...unneeded, merged, include, `--extract-hook=${hook}`, suite, fresh, readMirror()],
      env,
    );
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, {force: true});
  }
  return path;
}

function run(program, words, env = process.env) {
  execFileSync(program, words, {stdio: ['ignore', 'ignore', 'inherit'], env});
}
