import {spawn} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {OutsideError} from '../spec/errors.ts';
import {cgroupMode, mountWords} from './cgroups.ts';
import {endProcess, joinAndRun, makeCgroups, processesIn, readHierarchies, removeCgroups} from './host-cgroups.ts';
import {initScript, rootScript} from './init-script.ts';
import type {Lab, LabHost} from './lab.ts';
import {mustRunScript} from './machine.ts';
import {hostDirectory, hostKeyName, labDevice, macAddress, partitionMark, portName} from './names.ts';
import {hostNetworkDown, hostNetworkUp} from './network-scripts.ts';

/** Longest time that a host has for its start, in milliseconds. */
const startLimit = 60_000;

/** Switches a host on and waits until it answers; a partitioned one is not waited for. */
export async function powerOn(lab: Lab, host: LabHost): Promise<void> {
  const key = hostKeyName(lab, host);
  const folder = hostDirectory(lab, host.name);
  const partitioned = existsSync(partitionMark(lab, host.name));
  await mustRunScript(
    hostNetworkUp,
    labDevice(lab.number),
    key,
    portName(host),
    host.address,
    macAddress(host.address),
    partitioned ? 'down' : 'up',
  );
  const {joins, leaves} = await makeCgroups(key);
  const hierarchies = readHierarchies();
  const cgroup = cgroupMode(hierarchies) === 'v2' ? 'v2' : 'v1';
  writeFileSync(join(folder, 'init'), initScript);
  const console = openSync(join(folder, 'console.log'), 'w', 0o600);
  // `ip netns exec` would mount a fresh /sys over this machine's cgroups; nsenter leaves them be. The cgroup namespace
  // begins at the host's cgroup, so it is made before the leaf is joined.
  const child = spawn(
    'sh',
    [
      ...[
        '-euc',
        joinAndRun,
        'niyanta-lab',
        ...joins,
        '--',
        'nsenter',
        `--net=/run/netns/${key}`,
        'unshare',
        '--cgroup',
      ],
      ...['sh', '-euc', joinAndRun, 'niyanta-lab', ...leaves, '--'],
      ...[
        'unshare',
        '--mount',
        '--pid',
        '--uts',
        '--ipc',
        '--fork',
        '--kill-child',
        'sh',
        '-c',
        rootScript,
        'niyanta-lab',
      ],
      ...[folder, host.name, host.systemd ? 'systemd' : 'plain', cgroup, ...mountWords(hierarchies)],
    ],
    {detached: true, stdio: ['ignore', console, console], env: {PATH: process.env.PATH}},
  );
  closeSync(console);
  child.unref();
  await answers(lab, host, () => child.exitCode !== null, partitioned);
}

/** Cuts a host's power: its network goes first, then every process at once. Its disk stays. */
export async function powerOff(lab: Lab, host: Pick<LabHost, 'name'>): Promise<void> {
  const key = hostKeyName(lab, host);
  await mustRunScript(hostNetworkDown, labDevice(lab.number), key, portName(host));
  const init = initProcess(lab, host);
  // With process 1 its PID namespace dies whole; unshare, its parent, outlives it for a moment and reaps it.
  if (init !== undefined) await endProcess(init, () => processesIn(key).length === 0);
  await removeCgroups(key);
}

/** The host's process 1 as this machine numbers it; undefined when the host is off. */
export function initProcess(lab: Pick<Lab, 'number'>, host: Pick<LabHost, 'name'>): number | undefined {
  return processesIn(hostKeyName(lab, host)).find(pid => {
    const numbers = /^NSpid:\s+(.*)$/m.exec(statusOf(pid))?.[1]?.split(/\s+/) ?? [];
    return numbers.length === 2 && numbers[1] === '1';
  });
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/**
 * Waits for sshd's greeting, for containerd's socket where it is installed, and until systemd lets in users other than
 * root (pam_nologin).
 */
async function answers(lab: Lab, host: LabHost, ended: () => boolean, partitioned: boolean): Promise<void> {
  const from = Date.now();
  while (!ended() && Date.now() - from < startLimit) {
    const pid = initProcess(lab, host);
    const run = `/proc/${pid}/root/run`;
    const listens = async () => partitioned || (await greets(host.address, 22, 'SSH-'));
    const runs = async () => !host.prepared || (await accepts(`${run}/containerd/containerd.sock`));
    if (pid && (await listens()) && (await runs()) && !existsSync(`${run}/nologin`)) return;
    await sleep(25);
  }
  const text = readFileSync(join(hostDirectory(lab, host.name), 'console.log'), 'utf8');
  const lastLines = text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-8);
  throw new OutsideError({
    code: 'lab-host-start',
    host: host.name,
    message: `the lab host ${host.name} did not start${ended() ? '' : ` within ${startLimit / 1000} s`}`,
    hint: `See ${hostDirectory(lab, host.name)}/console.log and upper/var/log there, then: niyanta lab down --name ${lab.name}`,
    lastLines,
  });
}

const greets = (host: string, port: number, greeting: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({host, port, timeout: 1000});
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', data => end(data.toString().startsWith(greeting)));
    socket
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('end', () => end(false));
  });

const accepts = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({path});
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
