import {quote, render} from '../../hosts/command.ts';
import {endShim} from '../containers/end-shim.ts';
import {ctr} from '../ctr.ts';
import {logsFolder, networksFolder, toolkit} from '../paths.ts';
import {preparing} from '../worker-script.ts';
import {
  addressesFolder,
  attemptFolder,
  fencePath,
  lockPath,
  ownerPath,
  reservedFolder,
  workloadFolder,
} from './attempt-paths.ts';
import {type AttemptKey, attemptId, type OwnedAttempt} from './attempt-spec.ts';
import {tellingLines} from './kept-ends.ts';

/** How a script ends for an attempt that a newer one has overtaken on the host; stderr then says `attempt-fenced NUMBER`, and how this one ended where that is kept. */
export const overtakenExit = 95;

/** At the top of a script for a worker: lets one script at a time change a workload on a host. Daemons are started with descriptor 7 closed. */
export const lockedLines = ({workload}: AttemptKey): readonly string[] => [
  preparing.folder(workloadFolder(workload)),
  preparing.lock(lockPath(workload), 7),
];

/**
 * Lines of sh that refuse an attempt that is older than one that was begun on the host or was closed, and end what runs of
 * older ones. With the workload's lock. `refused`: what is done before the script ends for that.
 */
export const fenceLines = (
  {workload, attempt, owner}: OwnedAttempt,
  refused: readonly string[] = [],
): readonly string[] => {
  const fence = quote(fencePath(workload));
  return [
    `highest= closed=; if [ -e ${fence} ]; then read -r highest closed <${fence} || :; fi`,
    // Cut short by a power cut, which ended all that ran.
    'highest=${highest:-0}',
    `if [ "$highest" -gt ${attempt} ] || [ "$highest$closed" = ${attempt}closed ]; then`,
    ...refused.map(line => `  ${line}`),
    ...tellingLines({workload, attempt}).map(line => `  ${line}`),
    `  echo "attempt-fenced $highest" >&2`,
    `  exit ${overtakenExit}`,
    'fi',
    `if [ "$highest" -lt ${attempt} ]; then`,
    removeFunction,
    `  for old in ${quote(workloadFolder(workload))}/[1-9]*; do`,
    `    if [ -d "$old" ] && [ "$old" != ${quote(attemptFolder({workload, attempt}))} ]; then remove "$old" ${quote(attemptId({workload, attempt}).replace(/\d+$/, ''))}"\${old##*/}"; fi`,
    '  done',
    `  echo ${quote(owner)} >${quote(ownerPath(workload))}`,
    // A power cut must not bring an older one back; before the first there is none.
    ...(attempt > 1
      ? [`  echo ${attempt} >${fence}.new`, `  sync ${fence}.new`, `  mv -f ${fence}.new ${fence}`]
      : [`  echo ${attempt} >${fence}`]),
    'fi',
  ];
};

/** The same, with the lock taken by the script itself, where no worker runs it. */
export const lockingFenceLines = (attempt: OwnedAttempt): readonly string[] => [
  `mkdir -p ${quote(workloadFolder(attempt.workload))}`,
  `exec 7>>${quote(lockPath(attempt.workload))}`,
  'flock 7',
  ...fenceLines(attempt),
];

/** Lines that note that this attempt is over: who comes late is refused from now on. With the workload's lock. */
export const closingLines = ({workload, attempt}: AttemptKey): readonly string[] => {
  const fence = quote(fencePath(workload));
  return [
    `highest=; if [ -e ${fence} ]; then read -r highest closed <${fence} || :; fi`,
    `if [ "\${highest:-0}" -le ${attempt} ]; then echo '${attempt} closed' >${fence}.new; mv -f ${fence}.new ${fence}; fi`,
  ];
};

/**
 * A shell function: removes a container that may run, and everything that belongs to it; of an attempt, by its folder and
 * its id. Ends the script where containerd keeps something, or does not answer.
 */
export const removeFunction = `remove() { # FOLDER ID
  if [ -e "$1/started" ]; then
    ${render(ctr('tasks', 'rm', '--force'))} "$2" >/dev/null 2>&1 || :
    if ! said=$(${render(ctr('containers', 'rm'))} "$2" 2>&1); then
      case $said in *"not found"*) ${render(ctr('snapshots', 'rm'))} "$2" >/dev/null 2>&1 || : ;; *) printf '%s\\n' "$said" >&2; exit 1 ;; esac
    fi
    ${endShim('"$2"').join('\n    ')}
  fi
  if [ -d "${networksFolder}/$2" ]; then
    address=; { read -r address <"${networksFolder}/$2/address"; } 2>/dev/null || :
    ${quote(`${toolkit}/network`)} down "$2"
    case $address in *.*.*.*) rm -f "${addressesFolder}/$address" ;; esac
  fi
  # The file of its starts first: the logger then writes no end any more.
  rm -f ${reservedFolder}/*/"$2" "${logsFolder}/$2.starts" "${logsFolder}/$2.ends" "${logsFolder}/$2.log" "${logsFolder}/$2.log".[0-9]
  rm -rf "$1"
}`;

/** Removes whatever there is of one attempt; its workload's fence stays. */
export const removeAttempt = (key: AttemptKey): string =>
  `remove ${quote(attemptFolder(key))} ${quote(attemptId(key))}`;
