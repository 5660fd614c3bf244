import {setTimeout as sleep} from 'node:timers/promises';
import type {Command} from '../../hosts/command.ts';
import type {Connection, Output} from '../../hosts/connection.ts';
import {connect, type SshOptions} from '../../hosts/index.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {Host} from '../../spec/project.ts';
import {type Script, scriptCommand} from './scripts.ts';

/** How long a connection that was lost is tried again; one that never was, for a moment only. */
const PATIENCE_MS = 20_000;
const FIRST_PATIENCE_MS = 3_000;
/** A script takes milliseconds, and may wait 5 s for its turn. */
const TRY_MS = 8_000;
const LONG_TRY_MS = 60_000;
/** Longer texts go over a channel of their own. */
const SHORT = 32 * 1024;

/** What a script said, and whether an earlier try of it may have been done as well. */
export interface Said extends Output {
  readonly again: boolean;
}

/** The host that keeps the state: connected to when it is first needed, and again when the connection was lost. */
export class StateHost {
  readonly #host: Host;
  readonly #ssh: SshOptions;
  readonly #location: string;
  #connection: Promise<Connection> | undefined;
  #known = false;

  constructor(host: Host, ssh: SshOptions, location: string) {
    this.#host = host;
    this.#ssh = ssh;
    this.#location = location;
  }

  get name(): string {
    return this.#host.name;
  }

  /** Runs a command to its end, whatever its exit code. Errors: OutsideError `state-unreachable`, and those of SSH. */
  async run(command: Command, options: {readonly signal?: AbortSignal} = {}): Promise<Said> {
    return await this.#persistently(
      (connection, again) => this.#once(connection, command, again, options.signal),
      options.signal,
    );
  }

  /** Runs a script that reads a text. `make` is told whether an earlier try of it may have been done. */
  async send(
    make: (again: boolean) => Script,
    text: string,
    options: {readonly signal?: AbortSignal} = {},
  ): Promise<Said> {
    const {signal} = options;
    return await this.#persistently((connection, again) => {
      if (text.length <= SHORT) return this.#once(connection, scriptCommand(make(again), text), again, signal);
      const command = scriptCommand(make(again));
      return connection
        .run(command, {input: text, timeoutMs: LONG_TRY_MS, signal})
        .then(output => ({...output, again}));
    }, signal);
  }

  async close(): Promise<void> {
    const open = this.#connection;
    this.#connection = undefined;
    await open?.then(connection => connection.close()).catch(() => undefined);
  }

  async #once(connection: Connection, command: Command, again: boolean, signal?: AbortSignal): Promise<Said> {
    return {...(await connection.run(command, {timeoutMs: TRY_MS, signal})), again};
  }

  async #persistently<T>(
    work: (connection: Connection, again: boolean) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const began = performance.now();
    let again = false;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
      signal?.throwIfAborted();
      const opening = this.#open();
      try {
        const connection = await opening;
        this.#known = true;
        return await work(connection, again).catch(error => {
          again = true;
          throw error;
        });
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof OutsideError && error.transient)) throw error;
        this.#drop(opening);
        const patience = this.#known ? PATIENCE_MS : FIRST_PATIENCE_MS;
        if (performance.now() - began > patience) throw this.#unreachable(error);
      }
      await sleep(pause * (0.5 + Math.random() / 2), undefined, {signal});
    }
  }

  #open(): Promise<Connection> {
    this.#connection ??= connect(this.#host, this.#ssh);
    return this.#connection;
  }

  /** One that failed is no good any more; somebody else may have opened the next already. */
  #drop(failed: Promise<Connection>): void {
    if (this.#connection === failed) this.#connection = undefined;
    void failed.then(connection => connection.close()).catch(() => undefined);
  }

  #unreachable(cause: OutsideError): OutsideError {
    return new OutsideError({
      code: 'state-unreachable',
      message: `the state at ${this.#location} cannot be reached: ${cause.message}`,
      hint: `See whether ${this.#host.name} is up and lets you in: ssh ${this.#host.address ?? this.#host.name} true. Then run the same command again.`,
      host: this.#host.name,
      transient: true,
      cause,
    });
  }
}
