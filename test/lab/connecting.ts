import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {argv, type Connection, connect} from '../../src/engine/hosts/index.ts';
import type {SshOptions} from '../../src/engine/hosts/ssh-connect.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import type {Host} from '../../src/engine/spec/project.ts';
import type {LabFixture} from './harness/index.ts';

/** What tests of connecting need of a lab. */
export const connecting = (lab: () => LabFixture) => ({
  /** A host of the lab as a project has it, with what a test wants otherwise; `undefined` leaves a field out. */
  host: (name: string, other: Partial<Host> = {}): Host => ({
    ...labHosts(lab().lab).find(each => each.name === name)!,
    ...other,
  }),

  /** With this home folder: nothing of this machine's ~/.ssh. */
  ssh: (home = lab().scratch): SshOptions => ({env: {HOME: home}}),

  /** A home folder with these files under .ssh. */
  async home(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(lab().scratch, name);
    await mkdir(join(folder, '.ssh'), {recursive: true});
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(folder, '.ssh', file), content);
      await chmod(join(folder, '.ssh', file), 0o600);
    }
    return folder;
  },

  /** A known_hosts file that has these hosts. */
  async knownHosts(...names: string[]): Promise<string> {
    const lines = names.map(async name => {
      const [type, key] = (await lab().sh(name, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ');
      return `${lab().host(name).address} ${type} ${key}\n`;
    });
    return (await Promise.all(lines)).join('');
  },

  /** The private key that all hosts of the lab accept. */
  labKey: (): Promise<string> => readFile(lab().lab.identityFile, 'utf8'),

  /** The same, encrypted by OpenSSH itself; the passphrase is `open sesame`. */
  async encryptedKey(): Promise<string> {
    const encrypt = 'ssh-keygen -q -p -P "" -N "open sesame" -f /run/key >&2';
    const program = `umask 077; cat > /run/key; ${encrypt}; cat /run/key; rm /run/key`;
    return (await lab().exec('h1', ['sh', '-euc', program], await readFile(lab().lab.identityFile, 'utf8'))).stdout;
  },
});

export async function using<T>(
  host: Host,
  options: SshOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(host, options);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** The name of the host at the other end. */
export const nameOf = (connection: Connection): Promise<string> =>
  connection.run(argv('hostname')).then(({stdout}) => stdout.trim());
