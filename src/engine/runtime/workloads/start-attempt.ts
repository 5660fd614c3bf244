import {quote, render} from '../../hosts/command.ts';
import {resolvLine} from '../containers/create-container.ts';
import {environmentFile} from '../containers/environment-file.ts';
import {type HostScript, writeFile} from '../containers/host-script.ts';
import {environmentHandle} from '../containers/run-arguments.ts';
import {ctr} from '../ctr.ts';
import {logsFolder, networkPath, toolkit} from '../paths.ts';
import {addressLines, guardLines} from './address-lines.ts';
import {fenceLines, removeAttempt, removeFunction} from './attempt-lines.ts';
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

export interface Start {
  readonly spec: AttemptSpec;
  /** The environment with secrets in place; the spec's has them by name. */
  readonly env: Readonly<Record<string, string>>;
  /** Version of containerd on the host. */
  readonly containerd: string;
  /** The image's entrypoint; needed only where the spec has a command. */
  readonly entrypoint: readonly string[];
}

/**
 * Starts an attempt's container unless it has been started before, whatever became of it: an attempt runs at most once.
 * What an earlier try left before that moment is removed. Prints `started`, or `there`. Exits with `overtakenExit` for
 * an attempt that is older than one begun on this host; older ones are ended. Errors: UserError `env-multiline`, `env-too-long`.
 */
export function startAttempt({spec, env, containerd, entrypoint}: Start): HostScript {
  const id = attemptId(spec);
  const folder = attemptFolder(spec);
  const whole = {...env, ...contractEnv(spec)};
  const manifest: AttemptManifest = {version: 1, spec};
  const text = [
    'set -eu',
    ...fenceLines(spec),
    `if [ -e ${quote(startedPath(spec))} ]; then`,
    // The logger notes a start before the process begins; one that was only made has none that ran.
    `  if [ -e ${quote(`${logsFolder}/${id}.starts`)} ]; then`,
    `    state=$(${render(ctr('tasks', 'ls'))} | awk -v id=${quote(id)} '$1 == id {print $3}')`,
    '    if [ "$state" != CREATED ]; then echo there; exit; fi',
    '  fi',
    `  ${removeFunction}`,
    ...keptAside(spec, removeAttempt(spec)),
    'fi',
    `mkdir -p ${[noticeFolder(spec), networkPath(id), addressesFolder].map(quote).join(' ')}`,
    // Whoever the job runs as.
    `[ -d ${quote(checkpointFolder(spec))} ] || mkdir -m 1777 ${quote(checkpointFolder(spec))}`,
    ...gpuLines(spec),
    ...guardLines(),
    ...addressLines(id),
    ...networkLines(spec, id),
    writeFile(manifestPath(spec), `${JSON.stringify(manifest)}\n`),
    `printf '127.0.0.1 localhost\\n::1 localhost\\n%s ${hostname(spec)}\\n' "$address" >${quote(`${folder}/hosts`)}`,
    `echo ${hostname(spec)} >${quote(`${folder}/hostname`)}`,
    resolvLine(`${folder}/resolv.conf`),
    `${quote(`${toolkit}/network`)} up ${quote(id)}`,
    `: >${quote(startedPath(spec))}`,
    // Through a pipe: its secrets are in no file and no process list.
    `${render(ctr('run', '--detach'))}${spec.gpus ? ' $gpu_words' : ''} ${jobArguments(spec, {containerd, entrypoint}).map(quote).join(' ')} ${environmentHandle}<<'end of environment' 7>&-${spec.gpus ? ' 5>&-' : ''} || { code=$?; rm -f ${quote(`${logsFolder}/${id}.starts`)}; exit $code; }`,
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

/** For the toolkit's `network`: what CNI's plugins read, with the address that the host chose. */
function networkLines({ports}: AttemptSpec, id: string): readonly string[] {
  const folder = networkPath(id);
  const mappings = ports.map(({address, host, container, protocol}) => ({
    hostPort: host,
    containerPort: container,
    protocol,
    ...(address === undefined ? {} : {hostIP: address}),
  }));
  const file = (name: string, format: string, ...variables: readonly string[]) =>
    `printf ${quote(`${format}\\n`)} ${variables.map(word => `"$${word}"`).join(' ')} >${quote(`${folder}/${name}`)}`;
  return [
    file('address', '%s', 'address'),
    file('bridge', '%s %s', 'bridge', 'subnet'),
    file(
      'bridge.json',
      '{"cniVersion":"0.4.0","name":"%s","type":"bridge","bridge":"%s","isGateway":true,"runtimeConfig":{"mac":"%s"},"ipam":{"type":"static","addresses":[{"address":"%s/22","gateway":"%s"}],"routes":[{"dst":"0.0.0.0/0"}]}}',
      'bridge',
      'bridge',
      'mac',
      'address',
      'gateway',
    ),
    ...(mappings.length === 0
      ? []
      : [
          file(
            'portmap.json',
            `{"cniVersion":"0.4.0","name":"%s","type":"portmap","snat":true,"runtimeConfig":{"portMappings":${JSON.stringify(mappings)}},"prevResult":{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/${id}"}],"ips":[{"version":"4","address":"%s/22","gateway":"%s","interface":0}]}}`,
            'bridge',
            'address',
            'gateway',
          ),
        ]),
  ];
}
