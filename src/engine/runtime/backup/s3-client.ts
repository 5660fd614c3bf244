import {createHash} from 'node:crypto';
import {AwsClient} from 'aws4fetch';
import {messageOf, targetFailed, targetFull} from './backup-errors.ts';

export interface S3Options {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
  /** Of all objects' names, without a slash at its ends. */
  readonly prefix: string;
}

/** A request that whoever has it may make for a while, without a key. Its address is a secret. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One bucket behind an S3 API, by path-style addresses. */
export interface S3Client {
  /** `s3://bucket/prefix`. */
  readonly label: string;
  /** The path of an object under the prefix. */
  key(name: string): string;
  /** `path`: of the bucket, with its query. Errors: OutsideError `backup-target-full`, `backup-target-failed`. */
  ask(what: string, method: string, path: string, body?: Uint8Array): Promise<Response>;
  /** `sha256`: of the body that it is good for; the server refuses another. */
  sign(method: SignedRequest['method'], path: string, seconds: number, sha256?: string): Promise<SignedRequest>;
}

export function s3Client(options: S3Options): S3Client {
  const {bucket, prefix} = options;
  const label = `s3://${bucket}/${prefix}`;
  const base = `${options.endpoint.replace(/\/+$/, '')}/${bucket}`;
  const client = new AwsClient({...options, service: 's3', retries: 3});
  return {
    label,
    key: name => `/${[prefix, name].filter(Boolean).join('/').split('/').map(encodeURIComponent).join('/')}`,
    async ask(what, method, path, body) {
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
      throw await refusalOf(answer, label, what);
    },
    async sign(method, path, seconds, sha256) {
      const url = new URL(`${base}${path}`);
      url.searchParams.set('X-Amz-Expires', String(seconds));
      const headers: Record<string, string> = sha256 === undefined ? {} : {'x-amz-content-sha256': sha256};
      const signed = await client.sign(url, {method, headers, aws: {signQuery: true}});
      return {method, url: signed.url, headers};
    },
  };
}

/** What an answer that is no success says. */
export async function refusalOf(answer: Response, label: string, what: string): Promise<Error> {
  const text = await answer.text();
  const code = tag(text, 'Code') ?? `HTTP ${answer.status}`;
  if (answer.status === 507 || /QuotaExceeded|StorageFull|EntityTooLarge/i.test(code)) return targetFull(label, code);
  return targetFailed(label, what, `${code}${tag(text, 'Message') ? `: ${tag(text, 'Message')}` : ''}`);
}

export const tags = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text]) => unescaped(text!));

export const tag = (xml: string, name: string): string | undefined => tags(xml, name)[0];

const unescaped = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: string) => ({lt: '<', gt: '>', quot: '"', apos: "'", amp: '&'})[name]!,
  );
