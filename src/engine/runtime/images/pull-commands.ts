import {type Command, script} from '../../hosts/command.ts';
import {ctr} from '../ctr.ts';

/** `ctr` reads the public: nothing secret is in these words. */
export const pullPublic = (name: string, http: boolean): Command =>
  ctr('images', 'pull', ...(http ? ['--plain-http'] : []), name);

/**
 * The same with credentials: hosts.toml comes on standard input and lives, for root alone, on a file system in memory
 * until the pull ends. A watcher in a session of its own removes it even when the shell is killed.
 */
export const pullPrivate = (registry: string, name: string): Command => script(pullScript, registry, name);

const pullScript = `umask 077
for base in /run /dev/shm; do
  [ "$(stat -f -c %T "$base" 2>/dev/null)" = tmpfs ] && break
  base=
done
[ -n "$base" ] || { echo 'neither /run nor /dev/shm is a tmpfs: no place for registry credentials' >&2; exit 1; }
dir=$(mktemp -d "$base/niyanta-pull.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
setsid sh -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; rm -rf "$2"' niyanta "$$" "$dir" \\
  </dev/null >/dev/null 2>&1 8>&- &
mkdir "$dir/$1" && cat > "$dir/$1/hosts.toml" || exit 1
ctr --namespace niyanta images pull --hosts-dir "$dir" "$2"`;
