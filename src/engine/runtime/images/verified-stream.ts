import {createHash} from 'node:crypto';
import {type Readable, Transform} from 'node:stream';
import {corruptImage} from './corrupt-image.ts';

/** Passes bytes on and fails at the end when they are not those of the digest: UserError `image-corrupt`. */
export function verified(path: string, name: string, source: Readable, digest: string, size: number): Readable {
  const hash = createHash('sha256');
  let seen = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > size) return done(corruptImage(path, `${name} is longer than ${size} bytes`));
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const found = `sha256:${hash.digest('hex')}`;
      done(found === digest ? null : corruptImage(path, `${name} should have digest ${digest}, but has ${found}`));
    },
  });
  source.on('error', error => check.destroy(error));
  check.on('close', () => source.destroy());
  return source.pipe(check);
}
