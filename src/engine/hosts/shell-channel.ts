import {randomBytes} from 'node:crypto';
import type {HostName} from '../spec/stack.ts';
import {notRoot} from './becoming-root.ts';
import type {Output} from './connection.ts';
import {FrameReader, framed} from './framing.ts';
import {type Hello, parseHello} from './process-group.ts';
import {connectionLost, type RawProcess} from './transport.ts';

/** A persistent `sh`: commands go in on its stdin one at a time, framed by a random marker. */
export class ShellChannel {
  /** What it says of itself before it takes commands. Errors: OutsideError `sudo-password`, `sudo-missing`, `not-root`. */
  readonly hello: Promise<Hello>;
  readonly #host: HostName;
  readonly #process: RawProcess;
  readonly #marker = `niyanta-${randomBytes(12).toString('hex')}`;
  #ended?: Error;
  #current?: {feed(stream: 'stdout' | 'stderr', chunk: Buffer): void; fail(error: Error): void};

  constructor(host: HostName, process: RawProcess, mark: string) {
    this.#host = host;
    this.#process = process;
    // Output outside of a command comes from daemons that kept the stream open: nobody's.
    process.stdout.on('data', (chunk: Buffer) => this.#current?.feed('stdout', chunk));
    process.stderr.on('data', (chunk: Buffer) => this.#current?.feed('stderr', chunk));
    process.stdin.on('error', () => undefined);
    this.hello = this.#awaitHello(mark);
    // Whoever opened it may have given up waiting.
    this.hello.catch(() => undefined);
    process.exit.then(
      ({code}) => this.#end(connectionLost(host, `the shell ended with ${code}`)),
      error => this.#end(error),
    );
  }

  /** False once the shell is gone. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Runs one line to its end. One at a time: the pool sees to that. */
  run(line: string): Promise<Output> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const readers = {stdout: new FrameReader(this.#marker), stderr: new FrameReader(this.#marker)};
      const done: {stdout?: Buffer; stderr?: Buffer; code?: number} = {};
      this.#current = {
        feed: (stream, chunk) => {
          const frame = readers[stream].feed(chunk);
          if (frame === undefined) return;
          done[stream] = frame.body;
          if (stream === 'stdout') done.code = Number(frame.trailer);
          if (done.stdout === undefined || done.stderr === undefined) return;
          this.#current = undefined;
          resolve({code: done.code ?? 0, stdout: done.stdout.toString(), stderr: done.stderr.toString()});
        },
        fail: reject,
      };
      this.#process.stdin.write(framed(line, this.#marker));
    });
  }

  close(): void {
    this.#process.hangUp();
  }

  #awaitHello(mark: string): Promise<Hello> {
    return new Promise((resolve, reject) => {
      const said = {stdout: '', stderr: ''};
      this.#current = {
        feed: (stream, chunk) => {
          said[stream] += chunk;
          const hello = said.stdout
            .split('\n')
            .slice(0, -1)
            .flatMap(line => parseHello(line, mark) ?? [])[0];
          if (hello === undefined) return;
          this.#current = undefined;
          resolve(hello);
        },
        fail: reject,
      };
      // Its streams have ended when its exit is told.
      this.#process.exit.then(
        ({code}) => reject(notRoot(this.#host, said.stderr, code)),
        error => reject(error),
      );
    });
  }

  #end(error: Error): void {
    this.#ended = error;
    this.#current?.fail(error);
    this.#current = undefined;
  }
}
