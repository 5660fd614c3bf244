import {readFile} from 'node:fs/promises';
import ssh2, {type ParsedKey, type PublicKeyEntry} from 'ssh2';

/** Whether the agent has the key whose public half is in this file. No file, or no agent that answers: it has not. */
export async function agentHolds(agent: string, publicKeyFile: string): Promise<boolean> {
  const text = await readFile(publicKeyFile).catch(() => undefined);
  const wanted = text === undefined ? undefined : ssh2.utils.parseKey(text);
  if (wanted === undefined || wanted instanceof Error) return false;
  const blob = blobOf(Array.isArray(wanted) ? wanted[0]! : wanted);
  return (await agentKeys(agent)).some(key => blobOf(key).equals(blob));
}

function agentKeys(agent: string): Promise<readonly Key[]> {
  return new Promise(resolve =>
    ssh2.createAgent(agent).getIdentities((error, keys) => resolve(error ? [] : (keys ?? []))),
  );
}

type Key = ParsedKey | Buffer | string | PublicKeyEntry;

function blobOf(key: Key): Buffer {
  if (Buffer.isBuffer(key)) return key;
  if (typeof key === 'string') return Buffer.from(key, 'base64');
  if ('getPublicSSH' in key) return key.getPublicSSH();
  return blobOf(key.pubKey as Key);
}
