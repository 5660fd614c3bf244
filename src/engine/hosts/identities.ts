import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import ssh2 from 'ssh2';
import {UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';

/** Asks a person for the passphrase of an identity file. */
export type AskPassphrase = (file: string) => Promise<string>;

/** A way to prove who we are, in ssh2's words. */
export type Identity =
  | {readonly type: 'publickey'; readonly key: Buffer; readonly passphrase?: string; readonly file: string}
  | {readonly type: 'agent'; readonly agent: string};

/** Passphrases that were typed already, by file: asked for once a run. */
const typed = new Map<string, Promise<string>>();

/**
 * The identities to try, in order: the files that are named; without any, the agent and the default files that exist.
 * Errors: UserError `identity-unreadable`, `identity-encrypted` (no one to ask), `identity-passphrase`.
 */
export async function identitiesFor(
  host: HostName,
  files: readonly string[],
  from: {readonly agent?: string; readonly sshFolder: string; readonly askPassphrase?: AskPassphrase},
): Promise<readonly Identity[]> {
  const agent: Identity[] = from.agent ? [{type: 'agent', agent: from.agent}] : [];
  if (files.length > 0)
    return [...(await Promise.all(files.map(file => identity(host, file, from.askPassphrase)))), ...agent];
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => join(from.sshFolder, name));
  const present = await Promise.all(
    defaults.map(file =>
      readFile(file).then(
        () => [file],
        () => [],
      ),
    ),
  );
  const found: Identity[] = [];
  for (const file of present.flat()) {
    // A default file that needs a passphrase nobody can type is passed over where the agent may have it.
    if (agent.length > 0 && (await isEncrypted(file)) && !from.askPassphrase) continue;
    found.push(await identity(host, file, from.askPassphrase));
  }
  return [...agent, ...found];
}

const isEncrypted = async (file: string): Promise<boolean> =>
  needsPassphrase(ssh2.utils.parseKey(await readFile(file)));

const needsPassphrase = (parsed: unknown): boolean =>
  parsed instanceof Error && /passphrase|encrypted/i.test(parsed.message);

async function identity(host: HostName, file: string, ask: AskPassphrase | undefined): Promise<Identity> {
  const key = await readFile(file).catch(cause => {
    throw new UserError({
      code: 'identity-unreadable',
      message: `${host}: cannot read the identity file ${file}: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}`,
      hint: 'Correct identityFile in niyanta.yaml, or make a key: ssh-keygen -t ed25519',
      cause,
    });
  });
  const parsed = ssh2.utils.parseKey(key);
  if (!(parsed instanceof Error)) return {type: 'publickey', key, file};
  if (!needsPassphrase(parsed)) throw notAKey(host, file, parsed);
  if (!ask) {
    throw new UserError({
      code: 'identity-encrypted',
      message: `${host}: the identity file ${file} is encrypted, and there is no terminal to ask for its passphrase`,
      hint: `Load it into an agent first: ssh-add ${file}`,
    });
  }
  const asking = typed.get(file) ?? ask(file);
  typed.set(file, asking);
  const passphrase = await asking;
  const opened = ssh2.utils.parseKey(key, passphrase);
  if (!(opened instanceof Error)) return {type: 'publickey', key, passphrase, file};
  typed.delete(file);
  throw new UserError({
    code: 'identity-passphrase',
    message: `${host}: that is not the passphrase of ${file}`,
    hint: 'Run the command again.',
    exit: 1,
  });
}

const notAKey = (host: HostName, file: string, cause: Error): UserError =>
  new UserError({
    code: 'identity-unreadable',
    message: `${host}: ${file} is not a private key that SSH can use: ${cause.message}`,
    hint: 'identityFile names the private key, not the .pub file.',
    cause,
  });
