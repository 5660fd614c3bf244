import {createHash, createHmac} from 'node:crypto';
import {createServer, type IncomingMessage, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {buffer} from 'node:stream/consumers';

const SECRET = 'stand-in-secret';

/**
 * A stand-in for an S3 server, since Debian has none: the few verbs that backups use, with the rules of the real one as
 * far as its documentation says them: signatures (version 4) and checksums of bodies are computed anew, parts are at
 * least 5 MiB but for the last, an object is there only when its upload is completed. It is not S3.
 */
export class S3StandIn {
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, {key: string; parts: Map<number, Buffer>}>();
  readonly access = {region: 'us-east-1', accessKeyId: 'stand-in', secretAccessKey: SECRET, bucket: 'shop'};
  /** Answers with an error of this code where it holds. */
  refuse: (request: {method: string; query: URLSearchParams}) => string | undefined = () => undefined;
  /** Seconds by which its clock is ahead. */
  ahead = 0;
  /** Names a list gives at once. */
  page = 1000;
  #server!: Server;
  #address = '';

  static async start(address = '127.0.0.1'): Promise<S3StandIn> {
    const made = new S3StandIn();
    made.#address = address;
    made.#server = createServer((request, response) => {
      made.#answer(request).then(
        ([status, body, headers]) => response.writeHead(status, headers).end(body),
        error => response.writeHead(500).end(String(error)),
      );
    });
    await new Promise<void>(resolve => made.#server.listen(0, address, resolve));
    return made;
  }

  get endpoint(): string {
    return `http://${this.#address}:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise(resolve => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage): Promise<[number, string | Buffer, Record<string, string>]> {
    const url = new URL(request.url!, 'http://s3');
    const body = await buffer(request);
    if (!signed(request, url, body)) return failure(403, 'SignatureDoesNotMatch');
    if (hasExpired(url.searchParams, this.ahead)) return failure(403, 'AccessDenied');
    const query = url.searchParams;
    const method = request.method!;
    const refused = this.refuse({method, query});
    if (refused) return failure(refused === 'InternalError' ? 500 : 400, refused);
    const key = decodeURIComponent(url.pathname).slice('/shop/'.length);
    if (key === '') return query.has('uploads') ? this.#listUploads() : this.#list(query);
    const upload = this.uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && !upload) return failure(404, 'NoSuchUpload');
    if (method === 'POST' && query.has('uploads')) {
      const id = `upload-${this.uploads.size + 1}`;
      this.uploads.set(id, {key, parts: new Map()});
      return [200, `<R><UploadId>${id}</UploadId></R>`, {}];
    }
    if (method === 'PUT' && upload) {
      upload.parts.set(Number(query.get('partNumber')), body);
      return [200, '', {etag: etag(body)}];
    }
    if (method === 'POST' && upload) return this.#complete(query.get('uploadId')!, body.toString());
    if (method === 'DELETE') {
      if (upload) this.uploads.delete(query.get('uploadId')!);
      else this.objects.delete(key);
      return [204, '', {}];
    }
    if (method === 'PUT') {
      this.objects.set(key, body);
      return [200, '', {etag: etag(body)}];
    }
    const object = this.objects.get(key);
    return object ? [200, object, {}] : failure(404, 'NoSuchKey');
  }

  #complete(id: string, list: string): [number, string, Record<string, string>] {
    const {key, parts} = this.uploads.get(id)!;
    const named = [...list.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
    const whole = named.map(([, number, tag]) => {
      const part = parts.get(Number(number));
      return part && etag(part) === tag ? part : undefined;
    });
    if (whole.includes(undefined)) return failure(400, 'InvalidPart');
    if (whole.slice(0, -1).some(part => part!.length < 5 * 1024 * 1024)) return failure(400, 'EntityTooSmall');
    this.objects.set(key, Buffer.concat(whole as Buffer[]));
    this.uploads.delete(id);
    return [200, '<CompleteMultipartUploadResult/>', {}];
  }

  #list(query: URLSearchParams): [number, string, Record<string, string>] {
    const names = [...this.objects.keys()].filter(name => name.startsWith(query.get('prefix') ?? '')).sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const more = names.length > from + this.page;
    const keys = names.slice(from, from + this.page).map(name => `<Contents><Key>${name}</Key></Contents>`);
    const next = more ? `<NextContinuationToken>${from + this.page}</NextContinuationToken>` : '';
    return [200, `<ListBucketResult>${keys.join('')}${next}</ListBucketResult>`, {}];
  }

  #listUploads(): [number, string, Record<string, string>] {
    const all = [...this.uploads].map(([id, {key}]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
    return [200, `<ListMultipartUploadsResult>${all.join('')}</ListMultipartUploadsResult>`, {}];
  }
}

const etag = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

const failure = (status: number, code: string): [number, string, Record<string, string>] => [
  status,
  `<Error><Code>${code}</Code><Message>refused by the stand-in</Message></Error>`,
  {},
];

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

interface Signed {
  readonly day: string;
  readonly region: string;
  /** Of the headers that are signed, too. */
  readonly names: string;
  readonly time: string;
  /** SHA-256 of the body, or UNSIGNED-PAYLOAD. */
  readonly content: string;
  readonly signature: string;
}

/** Of a header, as whoever has the key sends it. */
function signedByHeader({headers}: IncomingMessage): Signed | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=stand-in\/(\d{8})\/(.+?)\/s3\/aws4_request, SignedHeaders=(.+?), Signature=(\w+)$/;
  const [, day, region, names, signature] = pattern.exec(headers.authorization ?? '') ?? [];
  const [time, content] = [headers['x-amz-date'], headers['x-amz-content-sha256']];
  if (!day || !region || !names || !signature || typeof time !== 'string' || typeof content !== 'string')
    return undefined;
  return {day, region, names, time, content, signature};
}

/** Of the query, as an address has it that was signed for somebody else. */
function signedByQuery({headers}: IncomingMessage, query: URLSearchParams): Signed | undefined {
  const [, day, region] =
    /^stand-in\/(\d{8})\/(.+?)\/s3\/aws4_request$/.exec(query.get('X-Amz-Credential') ?? '') ?? [];
  const [names, signature] = [query.get('X-Amz-SignedHeaders'), query.get('X-Amz-Signature')];
  const time = query.get('X-Amz-Date');
  if (!day || !region || !names || !signature || !time || !query.has('X-Amz-Expires')) return undefined;
  const content = names.includes('x-amz-content-sha256') ? String(headers['x-amz-content-sha256']) : 'UNSIGNED-PAYLOAD';
  return {day, region, names, time, content, signature};
}

function hasExpired(query: URLSearchParams, ahead: number): boolean {
  const time = query.get('X-Amz-Date');
  if (!time) return false;
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)!.map(Number);
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const until = Date.UTC(year, month - 1, day, hour, minute, second) + Number(query.get('X-Amz-Expires')) * 1000;
  return Date.now() + ahead * 1000 > until;
}

/** Whether the signature is the one that this request has to have (AWS Signature Version 4). */
function signed(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const got = signedByHeader(request) ?? signedByQuery(request, url.searchParams);
  if (!got || (got.content !== sha256(body) && got.content !== 'UNSIGNED-PAYLOAD')) return false;
  const {day, region, names, time, content, signature} = got;
  const pairs = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(pair => pair.map(encodeURIComponent).join('='))
    .sort();
  const headers = names.split(';').map(name => `${name}:${request.headers[name]}\n`);
  const canonical = [request.method, url.pathname, pairs.join('&'), headers.join(''), names, content].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), 's3'), 'aws4_request');
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex') === signature;
}
