import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';

/** When to stop waiting for one command: its time is up, or the caller aborted. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller?: AbortSignal;
  readonly #onAbort = () => this.#controller.abort(this.#caller?.reason);

  constructor(host: HostName, what: string, timeoutMs: number, caller?: AbortSignal) {
    this.#caller = caller;
    this.#timer = setTimeout(() => this.#controller.abort(timedOut(host, what, timeoutMs)), timeoutMs);
    if (caller?.aborted) this.#onAbort();
    caller?.addEventListener('abort', this.#onAbort, {once: true});
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The work's result; at the deadline `stop` is called and the reason thrown, without waiting for the work. */
  async race<T>(work: Promise<T>, stop: () => void): Promise<T> {
    work.catch(() => undefined);
    const {promise, reject} = Promise.withResolvers<never>();
    const onEnd = () => {
      stop();
      reject(this.signal.reason);
    };
    if (this.signal.aborted) onEnd();
    this.signal.addEventListener('abort', onEnd, {once: true});
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.signal.removeEventListener('abort', onEnd);
    }
  }

  /** The command ended: stop the clock. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }
}

const timedOut = (host: HostName, command: string, timeoutMs: number): OutsideError =>
  new OutsideError({
    code: 'timeout',
    message: `${host}: no answer within ${timeoutMs / 1000} s`,
    hint: 'The host may be overloaded: look at it with niyanta host inspect, then run the same command again.',
    host,
    command,
    transient: true,
  });
