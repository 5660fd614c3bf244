import {quote, script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/probe.ts';
import {parseEnd, type TaskEnd} from '../exit-code.ts';
import {logsFolder} from '../paths.ts';
import {endsFolder, fencePath, ownerPath} from './attempt-paths.ts';
import {type AttemptKey, attemptId, attemptOf} from './attempt-spec.ts';

/** An end that a host remembers though nothing else is left of the attempt. */
export interface KeptEnd extends AttemptKey {
  readonly owner: string;
}

/** So many are told of one host, the oldest first: those that an older database does not know. */
const mostTold = 20_000;

/**
 * Lines that keep how an attempt ended by itself, before all else of it is removed: a line `WORKLOAD ATTEMPT OWNER EPOCH CODE
 * KILLED` in the file of a day or so. One that was closed before is left out: it was ended on purpose. With the workload's
 * lock, before its fence is closed. A disk that is full keeps nothing from being removed.
 */
export const keepingLines = (key: AttemptKey): readonly string[] => {
  const {workload, attempt} = key;
  const fence = quote(fencePath(workload));
  const ends = quote(`${logsFolder}/${attemptId(key)}.ends`);
  return [
    `highest= closed=; if [ -e ${fence} ]; then read -r highest closed <${fence} || :; fi`,
    `if [ "$highest$closed" = ${attempt} ] && [ -e ${ends} ]; then`,
    `  owner= end=; { read -r owner <${quote(ownerPath(workload))}; } 2>/dev/null || :`,
    `  while read -r line; do end=$line; done <${ends}`,
    '  at=${end%% *}',
    '  case $at in',
    "    ''|*[!0-9]*) ;;",
    `    *) { mkdir -p ${endsFolder} && echo "${workload} ${attempt} \${owner:--} $end" >>${endsFolder}/"\${at%?????}"; } 2>/dev/null || : ;;`,
    '  esac',
    'fi',
  ];
};

/** Lines that tell such an end on stderr: `attempt-ended EPOCH CODE KILLED`. */
export const tellingLines = ({workload, attempt}: AttemptKey): readonly string[] => [
  `ended=$(cat ${endsFolder}/* 2>/dev/null | grep '^${workload} ${attempt} ' | tail -n 1) || :`,
  '[ -z "$ended" ] || echo "attempt-ended ${ended#* * * }" >&2',
];

export const parseToldEnd = (lines: readonly string[]): TaskEnd | undefined =>
  lines.flatMap(line => parseEnd(/^attempt-ended (.+)$/.exec(line)?.[1] ?? '') ?? [])[0];

// Files of before are not read: each was last written when its last attempt was closed.
const LIST = `cd ${endsFolder} 2>/dev/null || exit 0
find . -type f -newermt "@$1" | sort | xargs -r cat | awk -v since="$1" -v most="$2" '$4 >= since && told < most {print $1, $2, $3; told += 1}'`;

/** The ends that a host keeps from a time on; milliseconds, by its clock. */
export const keptEnds = (sinceMs: number): Probe<readonly KeptEnd[]> => ({
  command: script(LIST, String(Math.max(0, Math.floor(sinceMs / 1000))), String(mostTold)),
  parse: stdout =>
    stdout.split('\n').flatMap(line => {
      const [workload = '', attempt, owner] = line.split(' ');
      const key = attemptOf(attemptId({workload, attempt: Number(attempt)}));
      return key && owner !== undefined ? [{...key, owner}] : [];
    }),
});
