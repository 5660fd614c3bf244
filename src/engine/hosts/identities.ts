import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import ssh2, {type ParsedKey} from 'ssh2';
import {UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {agentHolds} from './ssh-agent.ts';

/** Asks a person for the passphrase of an identity file. */
export type AskPassphrase = (file: string) => Promise<string>;

/** A way to prove who we are, in ssh2's words. */
export type Identity =
  | {readonly type: 'publickey'; readonly key: ParsedKey; readonly file: string}
  | {readonly type: 'agent'; readonly agent: string};

interface Sources {
  /** Socket of the SSH agent. */
  readonly agent?: string;
  readonly sshFolder: string;
  /** Absent: nobody can be asked. */
  readonly askPassphrase?: AskPassphrase;
}

/** Encrypted keys that were opened, by file: a passphrase is asked for, and its key derived, once a run. */
const opened = new Map<string, Promise<ParsedKey>>();

/**
 * The identities to try, in order: the files that are named, then the agent; without any named, the agent, then the
 * default files that exist. Errors: UserError `identity-unreadable`, `identity-encrypted` (no one to ask),
 * `identity-passphrase`.
 */
export async function identitiesFor(
  host: HostName,
  files: readonly string[],
  from: Sources,
): Promise<readonly Identity[]> {
  const agent: Identity[] = from.agent ? [{type: 'agent', agent: from.agent}] : [];
  if (files.length > 0) {
    const found: Identity[] = [];
    for (const file of files) found.push(...(await identity(host, file, from)));
    return [...found, ...agent];
  }
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => join(from.sshFolder, name));
  const found: Identity[] = [];
  let locked: unknown;
  for (const file of await presentOf(defaults)) {
    try {
      found.push(...(await identity(host, file, from)));
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'identity-encrypted')) throw error;
      locked ??= error;
    }
  }
  // A default file that nobody can open is passed over where there is another way in.
  if (locked !== undefined && found.length === 0) throw locked;
  return [...agent, ...found];
}

async function presentOf(files: readonly string[]): Promise<string[]> {
  const present = files.map(file =>
    readFile(file).then(
      () => [file],
      () => [],
    ),
  );
  return (await Promise.all(present)).flat();
}

/** None when the agent has the key of an encrypted file, which then needs not be opened. */
async function identity(host: HostName, file: string, from: Sources): Promise<Identity[]> {
  const text = await readFile(file).catch(cause => {
    throw new UserError({
      code: 'identity-unreadable',
      message: `${host}: cannot read the identity file ${file}: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}`,
      hint: 'Correct identityFile in niyanta.yaml, or make a key: ssh-keygen -t ed25519',
      cause,
    });
  });
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) return [{type: 'publickey', key: first(parsed), file}];
  if (!/passphrase|encrypted/i.test(parsed.message)) throw notAKey(host, file, parsed);
  if (from.agent !== undefined && (await agentHolds(from.agent, `${file}.pub`))) return [];
  if (!from.askPassphrase) {
    throw new UserError({
      code: 'identity-encrypted',
      message: `${host}: the identity file ${file} is encrypted, and there is no terminal to ask for its passphrase`,
      hint: `Load it into an agent first: ssh-add ${file}`,
    });
  }
  const opening = opened.get(file) ?? open(host, file, text, from.askPassphrase);
  opened.set(file, opening);
  return [{type: 'publickey', key: await opening, file}];
}

async function open(host: HostName, file: string, text: Buffer, ask: AskPassphrase): Promise<ParsedKey> {
  const parsed = ssh2.utils.parseKey(text, await ask(file));
  if (!(parsed instanceof Error)) return first(parsed);
  opened.delete(file);
  throw new UserError({
    code: 'identity-passphrase',
    message: `${host}: that is not the passphrase of ${file}`,
    hint: 'Run the command again.',
    exit: 1,
  });
}

const first = (parsed: ParsedKey | ParsedKey[]): ParsedKey => (Array.isArray(parsed) ? parsed[0]! : parsed);

const notAKey = (host: HostName, file: string, cause: Error): UserError =>
  new UserError({
    code: 'identity-unreadable',
    message: `${host}: ${file} is not a private key that SSH can use: ${cause.message}`,
    hint: 'identityFile names the private key, not the .pub file.',
    cause,
  });
