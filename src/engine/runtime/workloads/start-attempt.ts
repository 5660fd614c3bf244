import {quote, render} from '../../hosts/command.ts';
import {resolvLine} from '../containers/create-container.ts';
import {environmentFile} from '../containers/environment-file.ts';
import {type HostScript, writeFile} from '../containers/host-script.ts';
import {environmentHandle} from '../containers/run-arguments.ts';
import {ctr} from '../ctr.ts';
import {logsFolder, networkPath} from '../paths.ts';
import {preparing} from '../worker-script.ts';
import {addressLines, guardLines} from './address-lines.ts';
import {fenceLines, lockedLines, removeAttempt, removeFunction} from './attempt-lines.ts';
import {
  addressesFolder,
  attemptFolder,
  checkpointFolder,
  inputsFolder,
  manifestPath,
  noticeFolder,
  restoreFolder,
  startedPath,
} from './attempt-paths.ts';
import {type AttemptManifest, type AttemptSpec, attemptId} from './attempt-spec.ts';
import {contractEnv} from './contract.ts';
import {gpuLines} from './gpu-lines.ts';
import {hostname, jobArguments} from './job-arguments.ts';
import {joinLines, networkFileLines} from './network-lines.ts';
import {type Room, reservedFolderLines, reservingLines} from './reserved-lines.ts';

export interface Start {
  readonly spec: AttemptSpec;
  /** The environment with secrets in place; the spec's has them by name. */
  readonly env: Readonly<Record<string, string>>;
  /** Version of containerd on the host. */
  readonly containerd: string;
  /** The image's entrypoint; needed only where the spec has a command. */
  readonly entrypoint: readonly string[];
  /** What the host has for all workloads of all coordinators; absent: nobody counts it. */
  readonly room?: Room;
}

/**
 * Starts an attempt's container unless it has been started before, whatever became of it: an attempt runs at most once.
 * What an earlier try left before that moment is removed. Prints `started`, or `there`. Exits with `overtakenExit` for
 * an attempt that is older than one begun on this host; older ones are ended; with `hostFullExit` where there is no room. Errors: UserError `env-multiline`, `env-too-long`.
 */
export function startAttempt({spec, env, containerd, entrypoint, room}: Start): HostScript {
  const id = attemptId(spec);
  const folder = attemptFolder(spec);
  const whole = {...env, ...contractEnv(spec)};
  const manifest: AttemptManifest = {version: 1, spec};
  const own = [noticeFolder(spec), checkpointFolder(spec), folder, networkPath(id)];
  const text = [
    ...lockedLines(spec),
    preparing.folder(noticeFolder(spec)),
    // Whoever the job runs as.
    preparing.folder(checkpointFolder(spec), 0o1777),
    preparing.folder(networkPath(id)),
    preparing.folder(addressesFolder),
    ...reservedFolderLines(spec),
    'set -eu',
    // Of folders that were made for nothing, those that hold something are another's.
    ...fenceLines(spec, [`rmdir ${own.map(quote).join(' ')} 2>/dev/null || :`]),
    `if [ -e ${quote(startedPath(spec))} ]; then`,
    // The logger notes a start before the process begins; one that was only made has none that ran.
    `  if [ -e ${quote(`${logsFolder}/${id}.starts`)} ]; then`,
    `    state=$(${render(ctr('tasks', 'ls'))} | awk -v id=${quote(id)} '$1 == id {print $3}')`,
    '    if [ "$state" != CREATED ]; then echo there; exit; fi',
    '  fi',
    `  ${removeFunction}`,
    ...keptAside(spec, removeAttempt(spec)),
    `  mkdir -p ${[noticeFolder(spec), networkPath(id)].map(quote).join(' ')}`,
    `  mkdir -m 1777 ${quote(checkpointFolder(spec))}`,
    'fi',
    ...reservingLines(spec, room),
    ...gpuLines(spec),
    ...guardLines(),
    ...addressLines(id),
    ...networkFileLines(spec, id),
    writeFile(manifestPath(spec), `${JSON.stringify(manifest)}\n`),
    `printf '127.0.0.1 localhost\\n::1 localhost\\n%s ${hostname(spec)}\\n' "$address" >${quote(`${folder}/hosts`)}`,
    `echo ${hostname(spec)} >${quote(`${folder}/hostname`)}`,
    resolvLine(`${folder}/resolv.conf`),
    ...joinLines(spec, id),
    `: >${quote(startedPath(spec))}`,
    // Through a pipe: its secrets are in no file and no process list. ctr ends before collecting garbage was worth it.
    `GOGC=off ${render(ctr('run', '--detach'))}${spec.gpus ? ' $gpu_words' : ''} ${jobArguments(spec, {containerd, entrypoint}).map(quote).join(' ')} ${environmentHandle}<<'end of environment' 7>&-${spec.gpus ? ' 5>&-' : ''} || { code=$?; rm -f ${quote(`${logsFolder}/${id}.starts`)}; exit $code; }`,
    `${environmentFile(`workload ${spec.name}: env`, whole)}end of environment`,
    'echo started',
    '',
  ].join('\n');
  return {what: `start ${spec.name} (attempt ${spec.attempt})`, text};
}

/** What was sent for this attempt stays when what a cut start left is removed. */
const keptAside = (spec: AttemptSpec, line: string): readonly string[] => {
  const aside = `${attemptFolder(spec)}.aside`;
  const sent = [inputsFolder(spec), restoreFolder(spec)];
  return [
    `  rm -rf ${quote(aside)}; mkdir ${quote(aside)}`,
    ...sent.map(path => `  if [ -d ${quote(path)} ]; then mv ${quote(path)} ${quote(aside)}; fi`),
    `  ${line}`,
    `  mv ${quote(aside)} ${quote(attemptFolder(spec))}`,
  ];
};
