import {script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/probe.ts';
import type {HostScript} from '../containers/host-script.ts';
import {bundlesFolder} from '../ctr.ts';
import {parseEnd, type TaskEnd} from '../exit-code.ts';
import {logsFolder} from '../paths.ts';
import {removeFunction} from './attempt-lines.ts';
import {addressesFolder, endsFolder, workloadsFolder} from './attempt-paths.ts';
import {type AttemptKey, attemptId, attemptOf} from './attempt-spec.ts';

/** What there is of one attempt on a host. */
export interface HostAttempt extends AttemptKey {
  /** `prepared`: it was not started. `gone`: it was, does not run, and nobody wrote down how it ended. */
  readonly state: 'prepared' | 'running' | 'ended' | 'gone';
  /** Milliseconds since something of it was made or removed, by the host's clock. */
  readonly ageMs: number;
  readonly end?: TaskEnd;
  /** Names the coordinator's database; absent where nobody wrote it down. */
  readonly owner?: string;
}

// Built-ins of the shell but for the one stat(1): a host may have a thousand of them.
const LIST = `cd ${workloadsFolder} 2>/dev/null || exit 0
echo "now $(date +%s)"
set -- */[1-9]*
[ -e "$1" ] || exit 0
stat -c 'age %Y %n' "$@" 2>/dev/null
for path; do
  [ -d "$path" ] || continue
  id=workload.\${path%/*}.\${path##*/}
  owner=; { read -r owner <"\${path%/*}/owner"; } 2>/dev/null
  echo "owner $path $owner"
  if [ ! -e "$path/started" ]; then echo "prepared $path"; continue; fi
  end=
  if [ -e "${logsFolder}/$id.ends" ]; then while read -r line; do end=$line; done <"${logsFolder}/$id.ends"; fi
  if [ -n "$end" ]; then echo "ended $path $end"; continue; fi
  pid=; { read -r pid <"${bundlesFolder}/$id/init.pid"; } 2>/dev/null
  if [ -n "$pid" ] && [ -e "/proc/$pid/ns/pid" ]; then echo "running $path"; else echo "gone $path"; fi
done
:`;

/** Every attempt of which there is something on a host, whoever it belongs to. */
export const attemptsOnHost: Probe<readonly HostAttempt[]> = {command: script(LIST), parse: parseAttempts};

export function parseAttempts(stdout: string): readonly HostAttempt[] {
  const lines = stdout.split('\n');
  const now = Number(lines[0]?.replace(/^now /, ''));
  const ages = new Map(
    lines.flatMap(line => {
      const [, at, path] = /^age (\d+) (\S+)$/.exec(line) ?? [];
      return path === undefined ? [] : [[path, Math.max(0, now - Number(at)) * 1000] as const];
    }),
  );
  const owners = new Map(
    lines.flatMap(line => {
      const [, path, owner] = /^owner (\S+) (\S+)$/.exec(line) ?? [];
      return path === undefined || owner === undefined ? [] : [[path, owner] as const];
    }),
  );
  return lines.flatMap((line): HostAttempt[] => {
    const [, state, path = '', rest = ''] = /^(prepared|running|ended|gone) (\S+)(?: (.+))?$/.exec(line) ?? [];
    const [workload = '', attempt] = path.split('/');
    const key = attemptOf(attemptId({workload, attempt: Number(attempt)}));
    if (state === undefined || !key) return [];
    const end = parseEnd(rest);
    const owner = owners.get(path);
    return [
      {
        ...key,
        ...(owner !== undefined && {owner}),
        state: state as HostAttempt['state'],
        ageMs: ages.get(path) ?? 0,
        ...(end && {end}),
      },
    ];
  });
}

/**
 * Removes what nobody will ask for any more, whoever it belonged to: attempts of workloads that were last begun more
 * than `days` ago and do not run, with their fences, ends that are kept as long, and addresses of containers that are gone. What is being
 * worked on is left.
 */
export const sweepWorkloads = (days: number): HostScript => ({
  what: 'remove what old workloads left',
  text: `set -eu
cd ${workloadsFolder} 2>/dev/null || exit 0
${removeFunction}
for folder in $(find . -mindepth 1 -maxdepth 1 -type d -name '*-*-*-*-*' -mmin +${Math.ceil(days * 1440)}); do
  folder=${workloadsFolder}/\${folder#./}
  (
    exec 7>>"$folder/lock"
    flock -n 7 || exit 0
    for attempt in "$folder"/[1-9]*; do
      [ -d "$attempt" ] || continue
      id=workload.\${folder##*/}.\${attempt##*/}
      pid=; { read -r pid <"${bundlesFolder}/$id/init.pid"; } 2>/dev/null || :
      if [ -n "$pid" ] && [ -e "/proc/$pid/ns/pid" ]; then exit 0; fi
      remove "$attempt" "$id"
    done
    rm -rf "$folder"
  )
done
find ${endsFolder} -type f -mmin +${Math.ceil(days * 1440)} -delete 2>/dev/null || :
for file in ${addressesFolder}/*; do
  [ -e "$file" ] || continue
  read -r id <"$file" || continue
  path=\${id#workload.}; path=\${path%.*}/\${id##*.}
  if [ ! -d "$path" ]; then rm -f "$file"; fi
done
`,
});
