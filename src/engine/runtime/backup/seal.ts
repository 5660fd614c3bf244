import {createHash} from 'node:crypto';
import {pipeline, Readable} from 'node:stream';
import {ReadableStream} from 'node:stream/web';
import {createZstdCompress, createZstdDecompress} from 'node:zlib';

/** Bytes as they come; a consumer that is slow makes the source wait. */
export type Bytes = AsyncIterable<Uint8Array>;

/** Keys as their values, for this process's memory alone. */
export type SealKey =
  | {readonly kind: 'none'}
  | {readonly kind: 'passphrase'; readonly passphrase: string}
  | {readonly kind: 'recipients'; readonly recipients: readonly string[]};

export type OpenKey =
  | {readonly kind: 'none'}
  | {readonly kind: 'passphrase'; readonly passphrase: string}
  | {readonly kind: 'identities'; readonly identities: readonly string[]};

/** Counts and hashes what passes through; read it when all has passed. */
export class Meter {
  bytes = 0;
  readonly #hash = createHash('sha256');

  async *through(source: Bytes): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.bytes += chunk.length;
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  /** Hex. Only once. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Compresses with zstd, then encrypts with age. */
export async function* seal(source: Bytes, key: SealKey): AsyncGenerator<Uint8Array> {
  const compressed = through(source, createZstdCompress());
  if (key.kind === 'none') {
    yield* compressed;
    return;
  }
  const {Encrypter} = await import('age-encryption');
  const age = new Encrypter();
  if (key.kind === 'passphrase') age.setPassphrase(key.passphrase);
  else for (const recipient of key.recipients) age.addRecipient(recipient);
  yield* (await age.encrypt(web(compressed))) as unknown as Bytes;
}

/** The way back. Rejects with KeyError when the key is another one. */
export async function* open(source: Bytes, key: OpenKey): AsyncGenerator<Uint8Array> {
  yield* through(key.kind === 'none' ? source : await decrypted(source, key), createZstdDecompress());
}

/** The key does not fit. */
export class KeyError extends Error {}

async function decrypted(source: Bytes, key: Exclude<OpenKey, {kind: 'none'}>): Promise<Bytes> {
  const {Decrypter} = await import('age-encryption');
  const age = new Decrypter();
  if (key.kind === 'passphrase') age.addPassphrase(key.passphrase);
  else for (const identity of key.identities) age.addIdentity(identity);
  try {
    return (await age.decrypt(web(source))) as unknown as Bytes;
  } catch (error) {
    if (error instanceof Error && /no identity matched/i.test(error.message)) throw new KeyError(error.message);
    throw error;
  }
}

const web = (source: Bytes): globalThis.ReadableStream<Uint8Array> =>
  ReadableStream.from(source) as unknown as globalThis.ReadableStream<Uint8Array>;

/** A failed source ends the reader of what it is turned into with the source's error. */
function through(source: Bytes, transform: ReturnType<typeof createZstdCompress>): Bytes {
  pipeline(Readable.from(source, {objectMode: false}), transform, () => undefined);
  return transform;
}

/** Tells how many bytes have passed. */
export async function* told(data: Bytes, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of data) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}
