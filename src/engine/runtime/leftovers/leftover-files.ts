import type {ContainerId} from '../container-spec.ts';
import * as paths from '../paths.ts';
import {proxyId} from '../proxy/proxy-spec.ts';
import type {Leftover} from './leftover.ts';

/**
 * Lists files of niyanta's that belong to no container: built-ins of the shell alone, and one `find` for those that are
 * old (ten minutes by the host's clock), when there are any. `$ids`: containerd's containers, one a line.
 */
export const leftoverFiles = `newline='
'
candidates=
consider() { # KIND ID PATH
  case $2 in ''|*[!A-Za-z0-9_.-]*|${proxyId}|workload.*) return ;; esac
  if [ "$1" = files ]; then
    if [ -e "${paths.containersFolder}/$2.json" ]; then return; fi
    case "$newline$ids$newline" in *"$newline$2$newline"*) return ;; esac
  fi
  bridge=
  if [ -r "${paths.networksFolder}/$2/bridge" ]; then read -r bridge _ <"${paths.networksFolder}/$2/bridge"; fi
  echo "$1 $2 $3 $bridge"
  candidates="$candidates $3"
}
for f in ${paths.networksFolder}/* ${paths.hostsFolder}/* ${paths.logsFolder}/* ${paths.filesFolder}/* ${paths.containersFolder}/*.oci; do
  [ -e "$f" ] || continue
  id=\${f##*/}; id=\${id%.hostname}; id=\${id%.resolv}; id=\${id%.oci}; id=\${id%.starts}; id=\${id%.ends}; id=\${id%%.log*}
  consider files "$id" "$f"
done
for f in ${paths.mountedSecretsFolder}/* ${paths.secretsFolder}/*; do
  id=\${f##*/}; [ ! -e "$f" ] || consider files "\${id%.new}" "$f"
done
for f in ${paths.containersFolder}/*.new; do
  id=\${f##*/}; [ ! -e "$f" ] || consider temporary "\${id%.json.new}" "$f"
done
for f in ${paths.runtime}/env/*; do
  [ ! -e "$f" ] || consider temporary "\${f##*/}" "$f"
done
[ -z "$candidates" ] || find $candidates -maxdepth 0 -mmin +10 2>/dev/null | sed 's/^/old /'`;

/** One leftover a container, of the lines that `leftoverFiles` prints. */
export function parseLeftoverFiles(lines: readonly string[]): readonly Leftover[] {
  const words = lines.map(line => line.split(' '));
  const old = new Set(words.flatMap(([kind, path]) => (kind === 'old' && path ? [path] : [])));
  const files = new Map<ContainerId, {old: boolean; bridge?: string}>();
  const temporary: Leftover[] = [];
  for (const [kind, id = '', path = '', bridge] of words) {
    if (kind === 'temporary') temporary.push({kind, id, path, old: old.has(path)});
    if (kind !== 'files') continue;
    const before = files.get(id);
    // As young as the youngest of its files.
    files.set(id, {
      old: old.has(path) && (before?.old ?? true),
      ...(bridge || before?.bridge ? {bridge: bridge || before?.bridge} : {}),
    });
  }
  return [...[...files].map(([id, of]): Leftover => ({kind: 'files', id, ...of})), ...temporary];
}
