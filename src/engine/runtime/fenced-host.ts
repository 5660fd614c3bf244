import {argv, type Command} from '../hosts/command.ts';
import type {Connection, Output, RemoteProcess, RunOptions} from '../hosts/connection.ts';
import {commandFailed} from '../hosts/must-run.ts';
import type {HostName} from '../spec/stack.ts';
import type {HostScript} from './containers/host-script.ts';
import {changeByStream, type Fence, fencedExit} from './fence-commands.ts';
import {fenced} from './fence-errors.ts';
import {HostWorker, type WorkOptions} from './host-worker.ts';

/**
 * A host as the holder of one lease may change it. Everything that changes a host for an environment takes one of
 * these, and only `raiseFence` makes them: the host itself checks the lease's number before each change, and keeps a
 * newer holder waiting until the change is over. Once refused, or once the lease is lost, nothing is sent any more.
 */
export class FencedHost {
  /** For questions, which need no lease. */
  readonly reading: Connection;
  readonly #fence: Fence;
  readonly #worker: HostWorker;
  readonly #stop: AbortSignal;
  readonly #onFenced: (error: unknown) => void;

  constructor(connection: Connection, fence: Fence, {stop, onFenced}: FencedHostOptions) {
    this.reading = connection;
    this.#fence = fence;
    this.#worker = new HostWorker(connection, fence);
    this.#stop = stop;
    this.#onFenced = onFenced;
    stop.addEventListener('abort', () => this.#worker.end(), {once: true});
  }

  get host(): HostName {
    return this.reading.host;
  }

  /** Runs a script that has to succeed. Errors: OutsideError `fenced` (exit 4), `disk-full`, `command-failed`. */
  async script(script: HostScript, {timeoutMs = 120_000, limit}: Partial<WorkOptions> = {}): Promise<string> {
    this.#stop.throwIfAborted();
    const {what} = script;
    const output = this.#checked(await this.#worker.run(script, {timeoutMs, limit}), what);
    if (output.code !== 0) throw commandFailed(this.host, what, argv('sh'), output);
    return output.stdout;
  }

  /** Runs a command that may be interrupted at any moment. A non-zero exit is not an error here. Errors: `fenced`. */
  async run(command: Command, what: string, options: RunOptions = {}): Promise<Output> {
    this.#stop.throwIfAborted();
    return this.#checked(await this.reading.run(changeByStream(this.#fence, what, command), options), what);
  }

  /** The same with streams; `exit` rejects with `fenced`. */
  async spawn(command: Command, what: string): Promise<RemoteProcess> {
    this.#stop.throwIfAborted();
    const process = await this.reading.spawn(changeByStream(this.#fence, what, command));
    const exit = process.exit.then(end => {
      if (end.code === fencedExit) throw this.#refused(what);
      return end;
    });
    exit.catch(() => undefined);
    return {...process, exit};
  }

  #checked(output: Output, what: string): Output {
    const number = output.code === fencedExit && /^niyanta-fenced (\S+)$/m.exec(output.stderr)?.[1];
    if (number) throw this.#refused(what, number);
    return output;
  }

  #refused(what: string, number?: string): unknown {
    const error = fenced(this.host, this.#fence, what, number);
    this.#onFenced(error);
    return error;
  }
}

export interface FencedHostOptions {
  /** Aborted when the lease is lost, or another host has refused a change. */
  readonly stop: AbortSignal;
  /** Told once the host has refused a change. */
  readonly onFenced: (error: unknown) => void;
}
