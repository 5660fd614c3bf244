import {type Command, script, withInput} from '../../hosts/command.ts';

/**
 * What is done on the host that keeps the state, as scripts for POSIX sh with coreutils and flock of util-linux. Each
 * reads, checks and writes under one lock, so that nothing is decided between two of them. `$1` is the lock file.
 */

/** Exit codes of these scripts. */
export const HostExit = {missingTool: 72, busy: 75, leaseGone: 76, moved: 77, cutOff: 78} as const;

/** A file of the state: the lock file itself, or one in the folder beside it. */
export type StateFile = 'lock' | `leases/${string}` | `journal/${string}` | `backups/${string}` | 'salt';

/** What must still be so when something is written. */
export type Check =
  /** A file has this hash (SHA-256 in hex); `-` when there is none. */
  | {readonly kind: 'same'; readonly file: StateFile; readonly hash: string}
  /** A lease record has this holding. */
  | {readonly kind: 'holds'; readonly file: StateFile; readonly id: string}
  /** All lease records together have this hash. */
  | {readonly kind: 'leases'; readonly hash: string};

const prelude = `
set -u
for tool in flock sha256sum readlink sync date; do
  command -v "$tool" >/dev/null 2>&1 || { echo "$tool" >&2; exit ${HostExit.missingTool}; }
done
real=$(readlink -f "$1") || real=$1
parent=\${real%/*} name=\${real##*/}
folder=$parent/.niyanta/\${name%.json}
shift
# A folder with the setgid bit is one that a group shares.
if [ -g "$parent/" ]; then umask 002; private=007; else umask 022; private=077; fi
path() { if [ "$1" = lock ]; then printf '%s\\n' "$real"; else printf '%s\\n' "$folder/$1"; fi; }
hash() { if [ -e "$1" ]; then sha256sum <"$1" | cut -c1-64; else echo -; fi; }
hashleases() { cat "$folder"/leases/*.json 2>/dev/null | sha256sum | cut -c1-64; }
now() { n=$(date +%s%3N); case $n in *[!0-9]*) n=$(date +%s)000 ;; esac; printf '%s\\n' "$n"; }
enter() {
  if [ ! -e "$folder/mutex" ]; then
    # Nothing was ever written here: there is nothing to read, either.
    [ "$1" = -s ] && return 0
    mkdir -p "$folder" && : >>"$folder/mutex" || exit 1
  fi
  exec 9<"$folder/mutex" || exit 1
  flock "$1" -w 5 9 && return 0
  flock --version >/dev/null 2>&1 || { echo 'flock of util-linux' >&2; exit ${HostExit.missingTool}; }
  exit ${HostExit.busy}
}
holds() {
  grep -qxF "    \\"id\\": \\"$2\\"," "$(path "$1")" 2>/dev/null && return 0
  echo "$1" >&2
  exit ${HostExit.leaseGone}
}
`;

const read = `${prelude}
enter -s
file=$(path "$1")
sum=$(hash "$file")
[ -n "$sum" ] || exit 1
echo "$(now) $sum"
[ "$sum" = - ] || cat "$file"
`;

/** Prints the store's time and the file's hash in one line, then its text. */
export const readFile = (lock: string, file: StateFile): Command => script(read, lock, file);

const leases = `${prelude}
enter -s
echo "$(now) $(hashleases)"
for file in "$folder"/leases/*.json; do
  [ -e "$file" ] || continue
  printf '%s\\n' "\${file##*/}"
  tr -d '\\n' <"$file" && echo
done
`;

/** Prints the store's time and the hash of all lease records in one line, then two lines a record: its file and its text. */
export const readLeases = (lock: string): Command => script(leases, lock);

const list = `${prelude}
enter -s
[ ! -d "$folder/$1" ] || ls "$folder/$1"
`;

/** Prints the names in a folder of the state, one a line. */
export const listFolder = (lock: string, folder: string): Command => script(list, lock, folder);

const swap = `${prelude}
target=$1 sum=$2 durable=$3 serial=$4 kept=$5 again=$6
shift 6
enter -x
file=$(path "$target")
# The answer to an earlier try may have been lost.
[ "$again" = 1 ] && [ "$(hash "$file")" = "$sum" ] && exit 0
while [ $# -gt 0 ]; do
  case $1 in
    same) [ "$(hash "$(path "$2")")" = "$3" ] || exit ${HostExit.moved} ;;
    holds) holds "$2" "$3" ;;
    leases) [ "$(hashleases)" = "$2" ] || exit ${HostExit.moved} ;;
  esac
  shift 3
done
home=\${file%/*}
mkdir -p "$home" || exit 1
new=$home/.\${file##*/}.$$.tmp
trap 'rm -f "$new"' EXIT
[ "$target" = salt ] && umask "$private"
cat >"$new" || exit 1
# A connection that ends looks like the end of the input.
[ "$(hash "$new")" = "$sum" ] || exit ${HostExit.cutOff}
if [ -e "$file" ]; then
  chmod --reference="$file" "$new" 2>/dev/null
  chown --reference="$file" "$new" 2>/dev/null
fi
if [ "$durable" = 1 ]; then sync "$new" || exit 1; fi
if [ "$serial" != - ]; then
  mkdir -p "$folder/backups" && cp "$file" "$folder/backups/$serial.json" || exit 1
  ls "$folder/backups" | sort -rn | tail -n +$((kept + 1)) | while read -r old; do rm -f "$folder/backups/$old"; done
fi
mv -f "$new" "$file" || exit 1
if [ "$durable" = 1 ]; then sync "$home" || exit 1; fi
`;

/** Puts a text in place of a file if all checks hold. */
export interface Swap {
  readonly file: StateFile;
  readonly text: string;
  /** Of `text`: SHA-256 in hex. */
  readonly hash: string;
  readonly durable: boolean;
  /** Keeps the old file among so many backups, under its serial. */
  readonly backup?: {readonly serial: number; readonly kept: number};
  readonly checks: readonly Check[];
}

/**
 * Exits with `moved` or `leaseGone` when a check does not hold. The text comes on standard input. `again`: it may be
 * there already.
 */
export function swapFile(lock: string, {file, hash, durable, backup, checks}: Swap, again: boolean): Script {
  const words = checks.flatMap(check => {
    if (check.kind === 'leases') return [check.kind, check.hash, ''];
    return [check.kind, check.file, check.kind === 'same' ? check.hash : check.id];
  });
  const {serial = '-', kept = 0} = backup ?? {};
  const flag = (value: boolean) => (value ? '1' : '0');
  return {
    text: swap,
    args: [lock, file, hash, flag(durable), String(serial), String(kept), flag(again), ...words],
  };
}

const begin = `${prelude}
lease=$1 id=$2 runs=$folder/journal/$3 run=$4 kept=$5
enter -x
holds "$lease" "$id"
umask "$private"
file=$runs/$run.jsonl
mkdir -p "$runs" || exit 1
if [ ! -e "$file" ]; then
  ls "$runs" | grep -x '[0-9TZ]*-[0-9a-f]*\\.jsonl' | sort -r | tail -n +"$kept" |
    while read -r old; do rm -f "$runs/$old"; done
  : >>"$file" && sync "$runs" || exit 1
fi
# What was torn off when a connection or the power went.
size=$(head -n "$(wc -l <"$file")" "$file" | wc -c)
[ "$(wc -c <"$file")" -eq "$size" ] || truncate -s "$size" "$file" || exit 1
echo "$size"
`;

/** Where lines of a journal go, and who may write them. */
export interface JournalAppend {
  readonly lease: StateFile;
  /** Of the holding. */
  readonly id: string;
  /** Folder of the environment in `journal/`. */
  readonly folder: string;
  readonly run: string;
}

/** Begins a run, or finds where it ends: prints its size in bytes. Drops all but the newest `kept` runs. */
export const beginRun = (lock: string, {lease, id, folder, run}: JournalAppend, kept: number): Command =>
  script(begin, lock, lease, id, folder, run, String(kept));

const append = `${prelude}
lease=$1 id=$2 file=$folder/journal/$3/$4.jsonl offset=$5 length=$6 again=$7
enter -x
holds "$lease" "$id"
size=$(wc -c <"$file") || exit 1
[ "$again" = 1 ] && [ "$size" -eq $((offset + length)) ] && exit 0
[ "$size" -eq "$offset" ] || truncate -s "$offset" "$file" || exit 1
cat >>"$file" || { truncate -s "$offset" "$file"; exit 1; }
[ "$(wc -c <"$file")" -eq $((offset + length)) ] || { truncate -s "$offset" "$file"; exit ${HostExit.cutOff}; }
sync "$file" || exit 1
`;

/** Appends `length` bytes from standard input at `offset`, the end of the run. `again`: it may be there already. */
export function appendRun(
  lock: string,
  {lease, id, folder, run}: JournalAppend,
  {offset, length, again}: {readonly offset: number; readonly length: number; readonly again: boolean},
): Script {
  return {text: append, args: [lock, lease, id, folder, run, String(offset), String(length), again ? '1' : '0']};
}

/** A script that reads a text from standard input. */
export interface Script {
  readonly text: string;
  readonly args: readonly string[];
}

/** The script as a command; with the text in it, for one that is short, so that it needs no channel of its own. */
export const scriptCommand = ({text, args}: Script, stdin?: string): Command =>
  stdin === undefined ? script(text, ...args) : withInput(stdin, 'sh', '-c', text, 'niyanta', ...args);
