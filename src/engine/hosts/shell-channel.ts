import {randomBytes} from 'node:crypto';
import type {HostName} from '../spec/stack.ts';
import type {Output} from './connection.ts';
import {FrameReader, framed, framedInPlace} from './framing.ts';
import {connectionLost, type RawProcess} from './transport.ts';

/** A persistent `sh`: commands go in on its stdin one at a time, framed by a random marker. */
export class ShellChannel {
  readonly #process: RawProcess;
  readonly #marker = `niyanta-${randomBytes(12).toString('hex')}`;
  #ended?: Error;
  #current?: {feed(stream: 'stdout' | 'stderr', chunk: Buffer): void; fail(error: Error): void};

  constructor(host: HostName, process: RawProcess) {
    this.#process = process;
    // Output outside of a command comes from daemons that kept the stream open: nobody's.
    process.stdout.on('data', (chunk: Buffer) => this.#current?.feed('stdout', chunk));
    process.stderr.on('data', (chunk: Buffer) => this.#current?.feed('stderr', chunk));
    process.stdin.on('error', () => undefined);
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
    return this.#send(framed(line, this.#marker));
  }

  #send(text: string): Promise<Output> {
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
      this.#process.stdin.write(text);
    });
  }

  /** Runs the first line in the shell itself, so that what it sets stays; gives what it printed. */
  async hello(line: string): Promise<string> {
    return (await this.#send(framedInPlace(line, this.#marker))).stdout.trim();
  }

  close(): void {
    this.#process.hangUp();
  }

  #end(error: Error): void {
    this.#ended = error;
    this.#current?.fail(error);
    this.#current = undefined;
  }
}
