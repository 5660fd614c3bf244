import {PassThrough, type Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack} from 'tar-stream';
import {type Contents, contentGone, type StoredContent, storedContent} from '../files/stored-content.ts';

type Inputs = Readonly<Record<string, string>>;

/** Paths in the container, in one order wherever they are asked for; what else came along has no path. */
export const inputTargets = (inputs: Inputs): readonly string[] =>
  Object.keys(inputs)
    .filter(target => target.startsWith('/'))
    .sort();

/** Input files as 1, 2, 3, …, readable by whoever the job runs as. Errors: OutsideError `content-gone`. */
export async function inputsTar(inputs: Inputs, contents: Contents): Promise<Readable> {
  const files: StoredContent[] = [];
  for (const target of inputTargets(inputs)) {
    const file = await storedContent(contents, inputs[target]!);
    if (!file) throw contentGone(target);
    files.push(file);
  }
  const tar = pack();
  // tar-stream is not Node's class; a PassThrough gives it Node's backpressure.
  const stream = new PassThrough();
  tar.pipe(stream);
  const write = async (): Promise<void> => {
    for (const [index, file] of files.entries())
      await pipeline(file.open(), tar.entry({name: String(index + 1), mode: 0o444, size: file.size}));
    tar.finalize();
  };
  tar.on('error', () => {});
  stream.on('close', () => tar.destroy());
  write().catch(error => stream.destroy(error));
  return stream;
}
