import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {Client} from 'ssh2';
import {busyboxArchive, type LabFixture} from './harness/index.ts';

/** Whether its sshd greets. */
export const reaches = (lab: LabFixture, host: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({host: lab.host(host).address, port: 22, timeout: 1500});
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('data', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });

/** Logs in with the lab's key and runs a command. */
export async function overSsh(lab: LabFixture, name: string, username: string, command: string) {
  let fingerprint = '';
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve()).once('error', reject);
    client.connect({
      host: lab.host(name).address,
      username,
      privateKey: readFileSync(lab.lab.identityFile),
      hostVerifier: (key: Buffer) => {
        fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return true;
      },
    });
  });
  const stdout = await new Promise<string>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let text = '';
      channel.on('data', (data: Buffer) => {
        text += data.toString();
      });
      channel.once('close', () => resolve(text));
    });
  });
  client.end();
  return {stdout, fingerprint};
}

export async function importImage(lab: LabFixture, host: string): Promise<void> {
  const file = `${lab.lab.directory}/hosts/${host}/containerd/image.tar`;
  writeFileSync(file, await busyboxArchive());
  await lab.sh(host, 'ctr images import /var/lib/containerd/image.tar; rm /var/lib/containerd/image.tar');
}

export async function runContainer(lab: LabFixture, host: string): Promise<string> {
  await importImage(lab, host);
  const limits = '--memory-limit 50000000 --cpus 0.5';
  return lab.sh(host, `ctr run --rm ${limits} docker.io/library/busybox:test t echo hello from runc`);
}

/** Everything of a lab that this machine still has. */
export function tracesOf(number: number, directory: string): string[] {
  const named = new RegExp(`^nyl${number}(\\.|$)`);
  const cgroups = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => / - cgroup2? /.test(line))
    .map(line => line.split(' ')[4]!);
  const processes = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && belongs(pid, named));
  return [
    ...readdirSync('/sys/class/net').filter(name => named.test(name)),
    ...readdirSync('/run/netns').filter(name => named.test(name)),
    ...cgroups.flatMap(folder => readdirSync(folder).filter(name => named.test(name))),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter(line => line.includes(directory) || /\/netns\/nyl(\d+)/.exec(line)?.[1] === String(number)),
    ...processes.map(pid => `process ${pid}`),
    ...(existsSync(directory) ? [directory] : []),
  ];
}

export const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .map(pid => readIfThere(`/proc/${pid}/cmdline`));

/** Not a zombie, which has only its number left until this machine's process 1 reaps it. */
function belongs(pid: string, named: RegExp): boolean {
  const cgroups = readIfThere(`/proc/${pid}/cgroup`).split(/[\n/]/);
  return !/^State:\s+Z/m.test(readIfThere(`/proc/${pid}/status`)) && cgroups.some(part => named.test(part));
}

/** Empty when the process ended meanwhile. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
