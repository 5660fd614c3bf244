import {OutsideError} from '../../spec/errors.ts';
import {type S3Options, type SignedRequest, s3Client} from './s3-client.ts';
import {s3Uploads} from './s3-uploads.ts';

/**
 * Objects behind an S3 API for somebody who has no key to it: what it takes to write and read one, each request signed for
 * a while. Errors: as of a `BackupPlace`.
 */
export interface LentStorage {
  /** For people; no secret in it. */
  readonly label: string;
  /** Resolves with what the upload is called. */
  begin(name: string): Promise<string>;
  /** For a PUT of just this content; the answer's `etag` is what `complete` wants. Counts from 1. */
  part(name: string, upload: string, part: {readonly number: number; readonly sha256: string}): Promise<SignedRequest>;
  /** The object is there whole then. May be done twice. */
  complete(name: string, upload: string, etags: readonly string[]): Promise<void>;
  abort(name: string, upload: string): Promise<void>;
  read(name: string): Promise<SignedRequest>;
}

/** Seconds in which a part, or the whole of an object on its way back, has to begin to move. */
const goodFor = 900;

export function lentS3(options: S3Options): LentStorage {
  const client = s3Client(options);
  const {label, key, ask, sign} = client;
  const uploads = s3Uploads(client);
  return {
    label,
    begin: name => uploads.begin(name),
    part: (name, upload, {number, sha256}) => sign('PUT', uploads.part(name, upload, number), goodFor, sha256),
    async complete(name, upload, etags) {
      try {
        await uploads.complete(name, upload, etags);
      } catch (error) {
        // It was completed before, and whoever asked did not hear of it.
        const gone = error instanceof OutsideError && error.message.includes('NoSuchUpload');
        if (!gone || !(await isThere(name))) throw error;
      }
    },
    abort: (name, upload) => uploads.abort(name, upload),
    read: name => sign('GET', key(name), goodFor),
  };

  async function isThere(name: string): Promise<boolean> {
    return ask(`look for ${name}`, 'HEAD', key(name)).then(
      () => true,
      () => false,
    );
  }
}
