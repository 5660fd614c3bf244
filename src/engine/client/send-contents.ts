import {createHash} from 'node:crypto';
import type {Readable} from 'node:stream';
import {UserError} from '../spec/errors.ts';
import {type ApiClient, answerOf} from './api-client.ts';
import {serverProblem} from './server-problem.ts';

/** Something to be sent, by the SHA-256 of its content (hex). */
export interface Content {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** A new stream of it. */
  open(): Readable;
}

export interface SendWish {
  /** For whom, with a key of the whole coordinator. */
  readonly customer?: string;
  /** Bytes that were sent, of those that have to be. */
  readonly onProgress?: (sent: number, of: number) => void;
}

/** As large as one request may be. Bytes. */
const partSize = 4 * 2 ** 20;

/**
 * Has the server have all of these: only what it lacks goes over the wire, in parts, so that what was cut off goes on where
 * it was. Errors: UserError `content-changed`; those of the server (`files-full`).
 */
export async function sendContents(client: ApiClient, contents: readonly Content[], wish: SendWish): Promise<void> {
  const byHash = new Map(contents.map(content => [content.sha256, content]));
  const missing = await missingOf(client, [...byHash.keys()], wish);
  const lacking = missing.map(sha256 => byHash.get(sha256)!);
  const of = lacking.reduce((sum, {size}) => sum + size, 0);
  let sent = 0;
  const went = (bytes: number): void => {
    sent += bytes;
    wish.onProgress?.(sent, of);
  };
  for (const content of lacking) await sendOne(client, content, wish, went);
}

async function sendOne(
  client: ApiClient,
  content: Content,
  wish: SendWish,
  went: (bytes: number) => void,
): Promise<void> {
  const parts: string[] = [];
  for await (const part of partsOf(content)) parts.push(hashOf(part));
  const whole = parts.length === 1;
  if (whole && parts[0] !== content.sha256) throw changed(content);
  const missing = new Set(whole ? parts : await missingOf(client, [...new Set(parts)], wish));
  let at = 0;
  for await (const part of partsOf(content)) {
    const sha256 = parts[at++];
    if (sha256 === undefined) throw changed(content);
    if (missing.delete(sha256)) await put(client, part, sha256, wish);
    went(part.length);
  }
  if (whole) return;
  const body = {sha256: content.sha256, parts};
  await answerOf(client.api.POST('/v1/files/join', {params: {query: queryOf(wish)}, body, headers: mayBeTwice}));
}

async function missingOf(client: ApiClient, files: readonly string[], wish: SendWish): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = 0; at < files.length; at += mostAsked) {
    const body = {files: files.slice(at, at + mostAsked)};
    const asked = client.api.POST('/v1/files/missing', {params: {query: queryOf(wish)}, body, headers: mayBeTwice});
    missing.push(...(await answerOf(asked)).missing);
  }
  return missing;
}

const mostAsked = 10_000;

/** Done twice it is the same: it may be sent again when no answer came. */
const mayBeTwice = {'Idempotency-Key': 'content'};

async function put(client: ApiClient, part: Buffer, sha256: string, {customer}: SendWish): Promise<void> {
  const url = new URL(`${client.access.server}/v1/files`);
  url.searchParams.set('sha256', sha256);
  if (customer !== undefined) url.searchParams.set('customer', customer);
  const headers = {'Content-Type': 'application/octet-stream', ...mayBeTwice};
  const response = await client.fetch(url, {method: 'POST', headers, body: new Uint8Array(part)});
  if (!response.ok) throw serverProblem(response, await response.json().catch(() => undefined));
  await response.body?.cancel();
}

const queryOf = ({customer}: SendWish) => (customer === undefined ? {} : {customer});

/** Its content in parts of one size, the last one smaller; one, though empty, of a content that is empty. */
async function* partsOf(content: Content): AsyncGenerator<Buffer> {
  let kept: Buffer[] = [];
  let bytes = 0;
  let any = false;
  for await (const chunk of content.open() as AsyncIterable<Buffer>) {
    kept.push(chunk);
    bytes += chunk.length;
    while (bytes >= partSize) {
      const all = Buffer.concat(kept);
      yield all.subarray(0, partSize);
      any = true;
      kept = [all.subarray(partSize)];
      bytes -= partSize;
    }
  }
  if (bytes > 0 || !any) yield Buffer.concat(kept);
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const changed = ({sha256}: Content): UserError =>
  new UserError({
    code: 'content-changed',
    message: `what is to be sent changed while it was read (${sha256.slice(0, 12)})`,
    hint: 'Submit again when nobody writes to it.',
  });
