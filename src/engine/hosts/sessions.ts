import {setTimeout as sleep} from 'node:timers/promises';
import type {HostName} from '../spec/stack.ts';
import {isNoSession, type RawProcess, type Terminal, type Transport} from './transport.ts';

const emptyTries = 30;

/**
 * Starts processes over one transport. sshd may allow fewer sessions on a connection (MaxSessions) than we would like to
 * have: what is refused waits until one of ours ends, and gets it.
 */
export class Sessions {
  readonly #transport: Transport;
  readonly #open = new Set<Promise<unknown>>();
  #waiting = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get host(): HostName {
    return this.#transport.host;
  }

  /** Somebody waits for a session: idle ones are to be given up. */
  get wanted(): boolean {
    return this.#waiting > 0;
  }

  /** Starts a process now. Errors: OutsideError `no-session` when the host gives none. */
  async tryStart(line: string, terminal?: Terminal): Promise<RawProcess> {
    const process = await this.#transport.start(line, terminal);
    const ended = process.exit.then(
      () => undefined,
      () => undefined,
    );
    this.#open.add(ended);
    void ended.finally(() => this.#open.delete(ended));
    return process;
  }

  /** Starts a process as soon as there is a session for it; `makeRoom` is called when there is none. */
  async start(line: string, terminal: Terminal | undefined, makeRoom: () => void): Promise<RawProcess> {
    return this.retry(
      () => this.tryStart(line, terminal),
      ended => {
        this.#waiting += 1;
        makeRoom();
        return ended.finally(() => {
          this.#waiting -= 1;
        });
      },
    );
  }

  /** Tries again when a session has ended, or when what `wait` makes of that comes about. Errors: OutsideError `no-session`. */
  async retry<T>(attempt: () => Promise<T>, wait: (ended: Promise<unknown>) => Promise<unknown>): Promise<T> {
    for (let empty = 0; ; ) {
      try {
        return await attempt();
      } catch (error) {
        if (!isNoSession(error)) throw error;
        if (this.#open.size > 0) await wait(Promise.race(this.#open));
        // sshd counts a session until its process has ended, which may be a moment after its channel.
        else if (++empty < emptyTries) await sleep(100);
        else throw error;
      }
    }
  }
}
