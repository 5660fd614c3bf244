import type {Bytes} from './seal.ts';

/**
 * Where the backups of one volume are kept: a flat list of files. A file is there whole or not at all: it is written
 * under a name that `names` does not give, made durable, and renamed.
 */
export interface BackupPlace {
  /** For people; no secret in it. */
  readonly label: string;
  /** Of whole files; none when nothing was ever written. */
  names(): Promise<readonly string[]>;
  /** Resolves when it is durable; when it rejects nothing is there. Errors: OutsideError `backup-target-full`, `backup-target-failed`; the source's own. */
  write(name: string, data: Bytes): Promise<void>;
  read(name: string): Promise<Bytes>;
  remove(name: string): Promise<void>;
  /** Removes what interrupted writes left. Only for who may write. */
  tidy(): Promise<void>;
}

export async function readText(place: BackupPlace, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await place.read(name)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export const writeText = (place: BackupPlace, name: string, text: string): Promise<void> =>
  place.write(name, once(Buffer.from(text)));

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
