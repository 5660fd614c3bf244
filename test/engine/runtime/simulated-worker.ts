import {PassThrough, Writable} from 'node:stream';
import type {Output, RemoteProcess} from '../../../src/engine/hosts/connection.ts';

/** A script as it reached the worker. */
export interface Work {
  readonly what: string;
  readonly limit: number;
  readonly text: string;
}

/** A simulated worker of a host: runs no script, and answers each as it is told. The real one is in worker.test.ts. */
export function simulatedWorker(answer: (work: Work) => Partial<Output>): RemoteProcess {
  const stdout = new PassThrough();
  const {promise: exit, resolve} = Promise.withResolvers<{code: number}>();
  let left = Buffer.alloc(0);
  const take = (): boolean => {
    const line = left.indexOf('\n');
    const [, id, limit, length, what] =
      /^(\d+) (\d+) (\d+) (.*)$/.exec(left.subarray(0, Math.max(0, line)).toString()) ?? [];
    const end = line + 1 + Number(length);
    if (line < 0 || left.length < end) return false;
    const text = left.subarray(line + 1, end).toString();
    left = left.subarray(end);
    stdout.write(`began ${id}\n`);
    const {code = 0, stdout: out = '', stderr: err = ''} = answer({what: what!, limit: Number(limit), text});
    stdout.write(`end ${id} ${code} ${Buffer.byteLength(out)} ${Buffer.byteLength(err)}\n${out}${err}`);
    return true;
  };
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      left = Buffer.concat([left, chunk]);
      while (take());
      done();
    },
    final(done) {
      resolve({code: 0});
      done();
    },
  });
  const stderr = new PassThrough();
  return {stdin, stdout, stderr, exit, resize: () => undefined, kill: () => resolve({code: 143})};
}
