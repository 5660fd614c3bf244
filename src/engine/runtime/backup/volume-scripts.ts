import {type Command, quote, script} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import type {HostScript} from '../containers/host-script.ts';
import {namespace} from '../ctr.ts';
import * as paths from '../paths.ts';

/** Beside the volumes, on the same file system, and never taken for one: its name begins with a dot. */
export const asideFolder = `${paths.volumesFolder}/.aside`;

/** Where data of a volume is put while it is not, or no more, the volume's: `what` is `new`, `empty`, `old-ID`, `verify-ID`. */
export const asidePath = (folder: string, what: string): string => `${asideFolder}/${folder.replace('/', '.')}.${what}`;

/** What a folder beside the volumes is; undefined for one that niyanta did not make. */
export function readAside(
  name: string,
): {readonly volume: string; readonly what: 'replaced' | 'arriving' | 'trial'} | undefined {
  // No part of it has a dot in it.
  const [, scope, volume, what] =
    /^([^.]+\.[^.]+\.[^.]+)\.([^.]+)\.(new|empty|old|verify)(?:-[0-9a-f]+)?$/.exec(name) ?? [];
  if (scope === undefined || volume === undefined) return undefined;
  return {
    volume: `${scope}/${volume}`,
    what: what === 'new' ? 'arriving' : what === 'verify' ? 'trial' : 'replaced',
  };
}

const TAR = 'tar --create --file=- --numeric-owner --xattrs --acls --sparse --one-file-system --directory="$volume" .';

// Frozen by its cgroup and not by containerd, whose restart monitor would take a paused task for one that has ended, and
// start it anew. What is frozen must go on whatever becomes of this: tar's end, a signal, a reader that went without a
// word. So the other side writes a line now and then; when none comes for "$limit" seconds, tar is ended, and that thaws.
const READ = `volume=$1 limit=$2; shift 2
[ -d "$volume" ] || { echo "there is no folder $volume" >&2; exit 1; }
if [ $# -eq 0 ]; then exec </dev/null; exec ${TAR}; fi
t= w= frozen=
exec 3<&0
thaw() {
  trap '' HUP INT TERM PIPE
  for p in $t $w; do kill "$p" 2>/dev/null; done
  for f in $frozen; do echo "\${f#*=}" >"\${f%%=*}"; done
}
freeze() {
  pid=$(ctr --namespace ${namespace} tasks ls | awk -v id="$1" '$1 == id && $3 == "RUNNING" {print $2}')
  [ -n "$pid" ] || return 0
  path=$(sed -n 's/^[0-9]*:freezer://p' "/proc/$pid/cgroup")
  if [ -n "$path" ]; then
    f=/sys/fs/cgroup/freezer$path/freezer.state on=FROZEN off=THAWED
  else
    path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
    f=/sys/fs/cgroup$path/cgroup.freeze on=1 off=0
  fi
  if [ "\${#path}" -le 1 ] || [ ! -w "$f" ]; then echo "$1 cannot be frozen on this host: use before: stop" >&2; return 1; fi
  frozen="$frozen $f=$off"
  echo $on >"$f" || return 1
  i=0
  while [ "$(cat "$f")" != $on ] || grep -qs '^frozen 0' "\${f%/*}/cgroup.events"; do
    i=$((i + 1))
    if [ $i -gt 200 ]; then echo "$1 did not stand still" >&2; return 1; fi
    sleep 0.05
  done
}
trap thaw EXIT
trap 'exit 1' HUP INT TERM PIPE
for id in "$@"; do freeze "$id" || exit 1; done
${TAR} 3<&- </dev/null &
t=$!
perl -e '$SIG{ALRM} = sub { kill TERM => $ARGV[1]; exit };
  do { alarm $ARGV[0] } while sysread STDIN, $_, 64;
  kill TERM => $ARGV[1]' "$limit" "$t" <&3 >/dev/null 2>&1 3<&- &
w=$!
wait "$t"`;

/** Seconds without a word from here after which what was frozen goes on. */
export const frozenLimit = 30;

/** Prints a volume's files as a tar, while these containers stand still. Wants a line on its input now and then. */
export const readVolume = (path: string, frozen: readonly ContainerId[]): Command =>
  script(READ, path, String(frozenLimit), ...frozen);

const UNPACK = `rm -rf --one-file-system "$1" && mkdir -p -m 700 "\${1%/*}" && mkdir "$1" &&
tar --extract --file=- --numeric-owner --same-permissions --same-owner --xattrs --acls --sparse --directory="$1" && sync -f "$1"`;

/** Unpacks a tar on standard input into a new folder, and makes it durable. */
export const unpackVolume = (path: string): Command => script(UNPACK, path);

/** Puts the data at `made` in the volume's place; what was there before is at `kept` then. Done again it does nothing. */
export const swapVolume = (volume: string, made: string, kept: string): HostScript => ({
  what: `put restored data in place of ${volume}`,
  text: `set -eu
if [ -d ${quote(made)} ]; then
  if mountpoint -q ${quote(volume)}; then echo 'the volume is a file system of its own, which cannot be exchanged' >&2; exit 1; fi
  mkdir -p ${quote(volume.replace(/\/[^/]*$/, ''))}
  if [ -d ${quote(volume)} ]; then rm -rf --one-file-system ${quote(kept)}; mv ${quote(volume)} ${quote(kept)}; fi
  mv ${quote(made)} ${quote(volume)} || { mv ${quote(kept)} ${quote(volume)}; exit 1; }
  sync -f ${quote(volume)}
fi
`,
});

/** Removes data that was put aside. */
export function removeAside(...aside: readonly string[]): HostScript {
  for (const path of aside)
    if (!path.startsWith(`${asideFolder}/`) || path.includes('..')) throw new RangeError(`${path} was not put aside`);
  return {
    what: 'remove data that was put aside',
    text: `rm -rf --one-file-system ${aside.map(quote).join(' ')}\nrmdir ${quote(asideFolder)} 2>/dev/null || :\n`,
  };
}

// Where in a volume a PostgreSQL cluster is, and of which major version; nothing where there is none.
const FIND_POSTGRES = `cd "$1" 2>/dev/null || exit 0
file=$(find . -maxdepth 3 -name PG_VERSION -not -path '*/base/*' -print 2>/dev/null | sort | head -n 1)
[ -z "$file" ] || printf '%s %s\\n' "$(head -n 1 "$file")" "\${file%/PG_VERSION}"`;

/** Which PostgreSQL's files are in a volume. */
export const postgresIn = {
  command: (path: string): Command => script(FIND_POSTGRES, path),
  parse(stdout: string): {readonly major: string; readonly folder: string} | undefined {
    const [, major, folder] = /^([0-9.]+) \.\/?(.*)$/m.exec(stdout) ?? [];
    return major === undefined ? undefined : {major, folder: folder ?? ''};
  },
};

/** Bytes that each of these folders takes on its disk, by path; folders that are not there are left out. */
export const sizesOf = {
  command: (folders: readonly string[]): Command =>
    script('for v in "$@"; do du -s -B1 "$v" 2>/dev/null; done; :', ...folders),
  parse: (stdout: string): ReadonlyMap<string, number> =>
    new Map(
      stdout.split('\n').flatMap(line => {
        const [, bytes, path] = /^(\d+)\t(.+)$/.exec(line) ?? [];
        return path === undefined ? [] : [[path, Number(bytes)] as const];
      }),
    ),
};

const CHECKSUM = `cd "$1" && { find . -printf '%p %y %m %U %G %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 -r sha256sum; } | sha256sum | cut -d ' ' -f 1`;

/** One checksum over all of a folder: names, kinds, modes, owners, links and contents. */
export const checksumOf = (path: string): Command => script(CHECKSUM, path);
