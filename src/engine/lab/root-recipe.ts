import {createHash} from 'node:crypto';
import type {Release} from './lab.ts';

/** What a root file system is made of. */
export interface RootRecipe {
  readonly release: Release;
  readonly systemd: boolean;
  readonly prepared: boolean;
  /** Debian packages beside those that every host has. */
  readonly extra?: readonly string[];
}

const everyHost = ['openssh-server', 'iproute2', 'procps', 'sudo', 'ca-certificates'];
const containers = ['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'busybox-static'];
const init = ['systemd', 'systemd-sysv', 'dbus'];

/** Raise it when something below changes that the key does not show, so that cached roots are made anew. */
const recipeVersion = 1;

/** The packages that are in the root. */
export const packages = (recipe: RootRecipe): string[] => [
  ...everyHost,
  ...(recipe.prepared ? containers : []),
  ...(recipe.systemd ? init : []),
  ...(recipe.extra ?? []),
];

/** The folder name of the cached root: the release and a hash of all that is in it. */
export function rootKey(recipe: RootRecipe): string {
  const {release, prepared} = recipe;
  const made = [recipeVersion, release, packages(recipe), prepared || repositoryHook, customizeHook];
  return `${release}-${createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12)}`;
}

/**
 * Runs on this machine when the packages are installed, with the root as `$1`: the user `deploy`, no host keys (each
 * host has its own), and nothing of this machine's name resolution.
 */
const customizeHook = `set -e
chroot "$1" useradd --create-home --shell /bin/bash deploy
echo 'deploy ALL=(ALL) NOPASSWD: ALL' > "$1/etc/sudoers.d/deploy"
chmod 440 "$1/etc/sudoers.d/deploy"
rm -f "$1"/etc/ssh/ssh_host_*
rm -f "$1/etc/machine-id"; : > "$1/etc/machine-id"
# The kernel is this machine's: a host loads no modules at boot.
if [ -d "$1/etc/systemd/system" ]; then ln -sf /dev/null "$1/etc/systemd/system/systemd-modules-load.service"; fi
rm -f "$1/etc/resolv.conf" "$1/etc/hostname"; : > "$1/etc/resolv.conf"`;

/**
 * A host in a lab has no way out, so a bare root carries the packages that \`host prepare\` installs as an apt
 * repository of its own.
 */
const repositoryHook = `set -e
repo="$1/srv/apt"
mkdir -p "$repo"
chroot "$1" apt-get -y --no-install-recommends --download-only -o Dir::Cache::archives=/srv/apt install ${containers.join(' ')}
rm -rf "$repo/partial" "$repo/lock"
: > "$repo/Packages"
for deb in "$repo"/*.deb; do
  dpkg-deb --field "$deb" >> "$repo/Packages"
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "\${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)" >> "$repo/Packages"
done
echo 'deb [trusted=yes] file:/srv/apt ./' > "$1/etc/apt/sources.list"
rm -f "$1"/etc/apt/sources.list.d/*`;

/**
 * The argv that makes the root in `directory` from the mirror. It ends with the process that started it, by kill -9,
 * too: setpriv kills unshare, unshare kills process 1 of the PID namespace, and that everything in it.
 */
export const buildRoot = (recipe: RootRecipe, mirror: string, directory: string): string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  'mmdebstrap',
  '--mode=root',
  '--variant=minbase',
  // Mirrors that are snapshots of a day have release files past their date.
  '--aptopt=Acquire::Check-Valid-Until "false"',
  `--include=${packages(recipe).join(',')}`,
  ...(recipe.prepared ? [] : [`--customize-hook=${repositoryHook}`]),
  `--customize-hook=${customizeHook}`,
  recipe.release,
  directory,
  mirror,
];
