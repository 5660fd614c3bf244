import {createHash} from 'node:crypto';
import {AwsClient} from 'aws4fetch';
import {messageOf, targetFailed, targetFull} from './backup-errors.ts';
import type {BackupPlace} from './backup-place.ts';
import type {Bytes} from './seal.ts';

export interface S3Options {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
  /** Of all objects' names, without a slash at its ends. */
  readonly prefix: string;
}

/** Bytes. S3 takes 10 000 parts of at least 5 MiB: what is long gets larger parts, so that 500 GB fit. */
const partSize = (number: number): number => (number <= 1000 ? 8 : 64) * 1024 * 1024;

/** Backups as objects behind an S3 API, by path-style addresses. What is longer than a part goes up in parts. */
export function s3Place(options: S3Options): BackupPlace {
  const {bucket, prefix} = options;
  const label = `s3://${bucket}/${prefix}`;
  const base = `${options.endpoint.replace(/\/+$/, '')}/${bucket}`;
  const client = new AwsClient({...options, service: 's3', retries: 3});

  async function ask(what: string, method: string, path: string, body?: Uint8Array): Promise<Response> {
    // The server holds what it got against this.
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const headers = {'X-Amz-Content-Sha256': digest};
    const sent = body as Uint8Array<ArrayBuffer> | undefined;
    const answer = await client.fetch(`${base}${path}`, {method, headers, body: sent}).catch(error => {
      throw targetFailed(label, what, messageOf(error.cause ?? error), error);
    });
    if (answer.ok) return answer;
    const text = await answer.text();
    const code = tag(text, 'Code') ?? `HTTP ${answer.status}`;
    if (answer.status === 507 || /QuotaExceeded|StorageFull|EntityTooLarge/i.test(code)) throw targetFull(label, code);
    throw targetFailed(label, what, `${code}${tag(text, 'Message') ? `: ${tag(text, 'Message')}` : ''}`);
  }

  const key = (name: string): string =>
    `/${[prefix, name].filter(Boolean).join('/').split('/').map(encodeURIComponent).join('/')}`;

  async function putInParts(name: string, first: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<void> {
    const what = `write ${name}`;
    const started = await (await ask(what, 'POST', `${key(name)}?uploads=`)).text();
    const upload = encodeURIComponent(tag(started, 'UploadId') ?? '');
    try {
      const tags: string[] = [];
      for (let part: IteratorResult<Uint8Array> = {value: first}; !part.done; part = await rest.next()) {
        const number = tags.length + 1;
        const answer = await ask(what, 'PUT', `${key(name)}?partNumber=${number}&uploadId=${upload}`, part.value);
        tags.push(answer.headers.get('etag') ?? '');
      }
      const list = tags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
      const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
      // A failure in the middle of putting the parts together comes with status 200.
      const done = await (await ask(what, 'POST', `${key(name)}?uploadId=${upload}`, body)).text();
      if (/<Error>/.test(done)) throw targetFailed(label, what, tag(done, 'Code') ?? 'it was not completed');
    } catch (error) {
      await ask('abort an upload', 'DELETE', `${key(name)}?uploadId=${upload}`).catch(() => undefined);
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
        await ask('abort an upload', 'DELETE', `${key(name)}?uploadId=${encodeURIComponent(tag(upload, 'UploadId')!)}`);
      }
    },
  };
}

async function* chained(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Gathers chunks into parts; only the last one is shorter. One part is in memory at a time. */
async function* inParts(data: Bytes): AsyncGenerator<Uint8Array, undefined> {
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

const tags = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text]) => unescaped(text!));

const tag = (xml: string, name: string): string | undefined => tags(xml, name)[0];

const unescaped = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: string) => ({lt: '<', gt: '>', quot: '"', apos: "'", amp: '&'})[name]!,
  );
