// Makes the root file systems that the example's images are built on, from Debian's packages alone, so that the
// example runs where no registry can be reached. Node's own modules only; needs Linux, root and mmdebstrap.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** Debian 12, whatever the machine runs: it has PostgreSQL 15. */
const suite = 'bookworm';
/** Time of every file that is made here: the same packages give the same bytes. */
const epoch = '1700000000';

const unneeded = [
  'doc',
  'man',
  'info',
  'locale',
  'lintian',
  'bug',
  'i18n',
  'zoneinfo/right',
  'pixmaps',
  'applications',
];

/** Runs in the new root with the root as $1: what packages would have set up, and what is of no use in a container. */
const common = `set -e
mkdir -p "$1/etc" "$1/tmp" "$1/run" "$1/root" "$1/home" "$1/var/tmp"
chmod 1777 "$1/tmp" "$1/var/tmp"
rm -rf "$1/var/run" && ln -s /run "$1/var/run"
printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\\n' > "$1/etc/passwd"
printf 'root:x:0:\\nnogroup:x:65534:\\n' > "$1/etc/group"
printf 'passwd: files\\ngroup: files\\nhosts: files dns\\n' > "$1/etc/nsswitch.conf"
[ -e "$1/usr/bin/sh" ] || ln -s dash "$1/usr/bin/sh"
rm -rf "$1"/usr/share/python-wheels`;

/** One root file system a kind of image. */
const recipes = {
  web: {
    packages: ['base-files', 'dash', 'coreutils', 'netbase', 'python3', 'python3-psycopg2'],
    hook: `${common}
echo 'app:x:1000:1000:app:/nonexistent:/bin/sh' >> "$1/etc/passwd"
echo 'app:x:1000:' >> "$1/etc/group"
rm -rf "$1"/usr/lib/python3*/pydoc_data "$1"/usr/lib/python3*/test "$1"/usr/lib/python3*/lib2to3`,
  },
  db: {
    packages: ['base-files', 'dash', 'coreutils', 'netbase', 'util-linux', 'findutils', 'sed', 'postgresql-15'],
    // PostgreSQL's compiler for queries (LLVM, 130 MB) is optional: without it they run as they are written.
    hook: `${common}
echo 'postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/sh' >> "$1/etc/passwd"
echo 'postgres:x:999:' >> "$1/etc/group"
mkdir -p "$1/run/postgresql" "$1/var/lib/postgresql/data"
chown -R 999:999 "$1/run/postgresql" "$1/var/lib/postgresql"
rm -rf "$1"/usr/lib/*/libLLVM* "$1"/usr/lib/*/libz3* "$1"/usr/lib/postgresql/15/lib/bitcode \\
  "$1"/usr/lib/postgresql/15/lib/llvmjit* "$1"/usr/bin/*perl* "$1"/usr/lib/*/perl* "$1"/usr/share/perl* \\
  "$1"/usr/lib/*/libperl* "$1"/usr/share/postgresql-common
for program in "$1"/usr/bin/*; do
  # Perl programs, and links to them.
  if [ ! -e "$program" ] || head -n 1 "$program" | grep -qa '^#!.*perl'; then rm "$program"; fi
done`,
  },
};

export const rootKinds = Object.keys(recipes);

/** Makes the root file system of a kind unless it is in the cache, and puts it at `target`, a tar file. */
export function placeRootfs(kind, target, say) {
  const cached = ensureRootfs(kind, say);
  // One that is the cache's file already stays: renaming one link over another of the same file would keep both.
  if (existsSync(target) && statSync(target).ino === statSync(cached).ino) return;
  const temporary = `${target}.new-${process.pid}`;
  rmSync(temporary, {force: true});
  try {
    linkSync(cached, temporary);
  } catch {
    // The cache is on another disk.
    copyFileSync(cached, temporary);
  }
  renameSync(temporary, target);
}

function ensureRootfs(kind, say) {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'niyanta', 'example-roots');
  mkdirSync(cache, {recursive: true});
  const recipe = recipes[kind];
  const key = createHash('sha256')
    .update(JSON.stringify([suite, epoch, unneeded, recipe]))
    .digest('hex')
    .slice(0, 12);
  const path = join(cache, `${kind}-${key}.tar`);
  if (existsSync(path)) return path;
  say(`making the root file system "${kind}" from Debian's packages (once)`);
  const temporary = join(cache, `.${kind}-${process.pid}.tar`);
  try {
    execFileSync('mmdebstrap', mmdebstrapArguments(recipe, temporary), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {...process.env, SOURCE_DATE_EPOCH: epoch},
      maxBuffer: 64 * 1024 * 1024,
    });
    renameSync(temporary, path);
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('mmdebstrap is missing. Install it: apt-get install mmdebstrap');
    const said = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .slice(-5)
      .join('\n');
    throw new Error(`mmdebstrap could not make the root file system "${kind}":\n${said}`);
  } finally {
    rmSync(temporary, {force: true});
  }
  return path;
}

/** `extract`: packages and what they depend on, unpacked and not set up: no apt, no dpkg, no init in an image. */
const mmdebstrapArguments = ({packages, hook}, output) => [
  '--quiet',
  '--mode=root',
  '--variant=extract',
  // Mirrors that are snapshots of a day have release files past their date.
  '--aptopt=Acquire::Check-Valid-Until "false"',
  ...unneeded.map(name => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  `--include=${packages.join(',')}`,
  `--extract-hook=${hook}`,
  suite,
  output,
  debianMirror(),
];

/** The first Debian mirror that this machine's apt uses. */
function debianMirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []),
  ];
  for (const file of files) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const match = /^\s*(?:URIs:|deb\s+(?:\[[^\]]*\]\s+)?)\s*(https?:\/\/\S+)/.exec(line);
      if (match && !/security|ubuntu/.test(line)) return match[1];
    }
  }
  throw new Error('apt on this machine knows no Debian mirror: the example is built from Debian packages');
}
