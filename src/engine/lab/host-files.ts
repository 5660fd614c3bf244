import {chown, mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Lab, LabHost} from './lab.ts';
import {gatewayAddress, hostDirectory} from './names.ts';
import {rootDirectory} from './roots.ts';
import type {SshKey} from './ssh-key.ts';

/** The id that useradd gives the first user, `deploy`, in a fresh Debian root. */
const deployId = 1000;

const sshdConfig = `HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
`;

/** The host's folder on this machine: its disk (`upper`, `containerd`), with what makes it a host of its own. */
export async function writeHostFiles(lab: Lab, host: LabHost, hostKey: SshKey, loginKey: SshKey): Promise<void> {
  const folder = hostDirectory(lab, host.name);
  for (const name of ['upper', 'work', 'root', 'containerd']) {
    await mkdir(join(folder, name), {recursive: true, mode: name === 'containerd' ? 0o711 : 0o755});
  }
  await symlink(rootDirectory(host.root), join(folder, 'lower'));
  const names = lab.hosts.map(({name, address}) => `${address} ${name}\n`).join('');
  const loopback = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n';
  const write = (path: string, text: string, mode = 0o644) => writeInto(join(folder, 'upper'), path, text, mode);
  await write('etc/hosts', `${loopback}${gatewayAddress(lab.number)} machine\n${names}`);
  await write('etc/hostname', `${host.name}\n`);
  await write('etc/ssh/ssh_host_ed25519_key', hostKey.privateKey, 0o600);
  await write('etc/ssh/ssh_host_ed25519_key.pub', hostKey.publicKey);
  await write('etc/ssh/sshd_config.d/niyanta-lab.conf', sshdConfig);
  await write('root/.ssh/authorized_keys', loginKey.publicKey, 0o600);
  await write('home/deploy/.ssh/authorized_keys', loginKey.publicKey, 0o600);
  for (const path of ['home/deploy', 'home/deploy/.ssh', 'home/deploy/.ssh/authorized_keys']) {
    await chown(join(folder, 'upper', path), deployId, deployId);
  }
}

/** Modes of folders that differ from 755: an upper folder hides the mode of the one below it. */
const folderModes: Readonly<Record<string, number>> = {root: 0o700, 'root/.ssh': 0o700, 'home/deploy/.ssh': 0o700};

async function writeInto(upper: string, path: string, text: string, mode: number): Promise<void> {
  const folders = dirname(path).split('/');
  for (let depth = 1; depth <= folders.length; depth++) {
    const folder = folders.slice(0, depth).join('/');
    await mkdir(join(upper, folder), {recursive: true, mode: folderModes[folder] ?? 0o755});
  }
  await writeFile(join(upper, path), text, {mode});
}
