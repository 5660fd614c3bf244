import {targetFailed} from './backup-errors.ts';
import {type S3Client, tag} from './s3-client.ts';

/** Bytes of a part. S3 takes 10 000 parts of at least 5 MiB: what is long gets larger parts, so that 500 GB fit. */
export const partSize = (number: number): number => (number <= 1000 ? 8 : 64) * 1024 * 1024;

/** Objects that go up in parts: there whole once `complete` resolves, and not at all before. */
export interface S3Uploads {
  /** Resolves with what the upload is called. */
  begin(name: string): Promise<string>;
  /** The path of a part, for PUT; its answer's `etag` is what `complete` wants. Counts from 1. */
  part(name: string, upload: string, number: number): string;
  complete(name: string, upload: string, etags: readonly string[]): Promise<void>;
  /** Removes what there is of it. */
  abort(name: string, upload: string): Promise<void>;
}

export function s3Uploads({label, key, ask}: S3Client): S3Uploads {
  const of = (name: string, upload: string) => `${key(name)}?uploadId=${encodeURIComponent(upload)}`;
  return {
    async begin(name) {
      const started = await (await ask(`write ${name}`, 'POST', `${key(name)}?uploads=`)).text();
      return tag(started, 'UploadId') ?? '';
    },
    part: (name, upload, number) => `${key(name)}?partNumber=${number}&uploadId=${encodeURIComponent(upload)}`,
    async complete(name, upload, etags) {
      const what = `write ${name}`;
      const list = etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
      );
      const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
      // A failure in the middle of putting the parts together comes with status 200.
      const done = await (await ask(what, 'POST', of(name, upload), body)).text();
      if (/<Error>/.test(done)) throw targetFailed(label, what, tag(done, 'Code') ?? 'it was not completed');
    },
    async abort(name, upload) {
      await ask('abort an upload', 'DELETE', of(name, upload));
    },
  };
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
