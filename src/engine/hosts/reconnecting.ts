import type {Duplex} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Command} from './command.ts';
import type {Connection, Output, RemoteProcess, RunOptions} from './connection.ts';
import type {ShellConnection} from './shell-connection.ts';
import type {Terminal} from './transport.ts';

export interface ReconnectOptions {
  /** Connects anew, with every check of the first time. */
  readonly open: () => Promise<ShellConnection>;
  /** How long a host that went may take to come back, in milliseconds: sshd restarted, a short partition, a reboot. */
  readonly patienceMs: () => number;
}

/** A host that did not come back is asked again when somebody needs it after so many milliseconds. */
const askAgainMs = 15_000;

/**
 * A connection that is made anew at its next use after it was lost. What ran when it was lost is rejected as
 * `connection-lost` (transient), and ended on the host before anything else is run there: who repeats a script does not
 * meet the first one. A host that stays away is `host-unreachable`, and no longer transient.
 */
export class Reconnecting implements Connection {
  readonly host: HostName;
  readonly #options: ReconnectOptions;
  #current: ShellConnection;
  #opening?: Promise<ShellConnection>;
  #gone?: {readonly error: unknown; readonly until: number};
  #closed = false;

  constructor(first: ShellConnection, options: ReconnectOptions) {
    this.host = first.host;
    this.#current = first;
    this.#options = options;
  }

  async run(command: Command, options: RunOptions = {}): Promise<Output> {
    options.signal?.throwIfAborted();
    return (await this.#live(options.signal)).run(command, options);
  }

  async spawn(command: Command, options: {readonly terminal?: Terminal} = {}): Promise<RemoteProcess> {
    return (await this.#live()).spawn(command, options);
  }

  async dial(address: string, port: number, timeoutMs: number): Promise<Duplex> {
    return (await this.#live()).dial(address, port, timeoutMs);
  }

  heardAt(): number | undefined {
    return this.#current.heardAt();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#current.close();
    await this.#opening?.catch(() => undefined);
  }

  /** The connection as it is, or a new one; one opening for all who wait. */
  #live(signal?: AbortSignal): ShellConnection | Promise<ShellConnection> {
    if (this.#closed || !this.#current.lost.aborted) return this.#current;
    if (this.#gone && Date.now() < this.#gone.until) throw this.#gone.error;
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined;
    });
    return signal ? unlessAborted(this.#opening, signal) : this.#opening;
  }

  async #reopen(): Promise<ShellConnection> {
    try {
      const connection = await this.#knock();
      if (this.#closed) await connection.close();
      else this.#gone = undefined;
      this.#current = connection;
      return connection;
    } catch (error) {
      const lost = this.#current.lost.reason;
      const final = isAway(error) ? stayedAway(this.host, lost, error) : error;
      this.#gone = {error: final, until: Date.now() + askAgainMs};
      throw final;
    }
  }

  /** Tries until the host answers or patience ends; a host that did not come back before is asked once. */
  async #knock(): Promise<ShellConnection> {
    const until = Date.now() + (this.#gone ? 0 : this.#options.patienceMs());
    for (let wait = 200; ; wait = Math.min(wait * 2, 3000)) {
      try {
        return await this.#openOnce();
      } catch (error) {
        if (this.#closed || !isAway(error) || Date.now() + wait > until) throw error;
        await sleep(wait * (0.5 + Math.random() / 2));
      }
    }
  }

  async #openOnce(): Promise<ShellConnection> {
    const connection = await this.#options.open();
    try {
      await connection.endLeftovers(this.#current.mark);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

const isAway = (error: unknown): boolean => error instanceof OutsideError && error.transient;

/** Its host went, and did not come back in time. */
function stayedAway(host: HostName, lost: unknown, error: unknown): OutsideError {
  const [before, now] = [lost, error].map(each => (each instanceof NiyantaError ? each.message : String(each)));
  return new OutsideError({
    code: 'host-unreachable',
    message: `${before}; it did not come back: ${now?.replace(`${host}: `, '')}`,
    hint: `See whether it is up: niyanta doctor. When it is back, run the same command again: it goes on from there.`,
    host,
    cause: error,
  });
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const {promise, reject} = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, {once: true});
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
