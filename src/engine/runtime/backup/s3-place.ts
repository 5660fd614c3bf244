import type {BackupPlace} from './backup-place.ts';
import {type S3Options, s3Client, tag, tags} from './s3-client.ts';
import {partSize, s3Uploads} from './s3-uploads.ts';
import type {Bytes} from './seal.ts';

/** Backups as objects behind an S3 API, by path-style addresses. What is longer than a part goes up in parts. */
export function s3Place(options: S3Options): BackupPlace {
  const {prefix} = options;
  const client = s3Client(options);
  const {label, ask, key} = client;
  const uploads = s3Uploads(client);

  async function putInParts(name: string, first: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<void> {
    const upload = await uploads.begin(name);
    try {
      const etags: string[] = [];
      for (let part: IteratorResult<Uint8Array> = {value: first}; !part.done; part = await rest.next()) {
        const path = uploads.part(name, upload, etags.length + 1);
        const answer = await ask(`write ${name}`, 'PUT', path, part.value);
        etags.push(answer.headers.get('etag') ?? '');
      }
      await uploads.complete(name, upload, etags);
    } catch (error) {
      await uploads.abort(name, upload).catch(() => undefined);
      throw error;
    }
  }

  return {
    label,
    async names() {
      const found: string[] = [];
      let next = '';
      do {
        const query = `?list-type=2&prefix=${encodeURIComponent(`${prefix}/`)}${next}`;
        const text = await (await ask('list it', 'GET', query)).text();
        found.push(...tags(text, 'Key').map(name => name.slice(prefix.length + 1)));
        const token = tag(text, 'NextContinuationToken');
        next = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`;
      } while (next !== '');
      return found.filter(name => !name.includes('/'));
    },
    async write(name, data) {
      const parts = inParts(data);
      const first = await parts.next();
      const second = first.done ? first : await parts.next();
      if (second.done) {
        await ask(`write ${name}`, 'PUT', key(name), first.value ?? new Uint8Array());
        return;
      }
      await putInParts(name, first.value as Uint8Array, chained(second.value, parts));
    },
    async read(name) {
      const answer = await ask(`read ${name}`, 'GET', key(name));
      return (answer.body ?? new ReadableStream()) as unknown as Bytes;
    },
    async remove(name) {
      await ask(`remove ${name}`, 'DELETE', key(name));
    },
    async tidy() {
      const text = await (
        await ask('list uploads', 'GET', `?uploads=&prefix=${encodeURIComponent(`${prefix}/`)}`)
      ).text();
      for (const upload of tags(text, 'Upload')) {
        const name = tag(upload, 'Key')!.slice(prefix.length + 1);
        await uploads.abort(name, tag(upload, 'UploadId')!);
      }
    },
  };
}

async function* chained(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Gathers chunks into parts; only the last one is shorter. One part is in memory at a time. */
export async function* inParts(data: Bytes): AsyncGenerator<Uint8Array, undefined> {
  let number = 1;
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of data) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < partSize(number)) continue;
    yield Buffer.concat(chunks);
    number += 1;
    chunks = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(chunks);
  return undefined;
}
