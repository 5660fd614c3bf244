import {constants} from 'node:os';
import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal aborts, the second ends the process at once. One a process, listening once someone asks. */
export class Interruption {
  static #shared: Interruption | undefined;
  readonly #controller = new AbortController();

  /** Starts listening at the first call. */
  static shared(): Interruption {
    Interruption.#shared ??= new Interruption().#listening();
    return Interruption.#shared;
  }

  /** The one that is listened to, if a command asked for it. */
  static current(): Interruption | undefined {
    return Interruption.#shared;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As if Ctrl-C was pressed, for a reader that went away. */
  abort(): void {
    this.#controller.abort(new DOMException('interrupted', 'AbortError'));
  }

  #listening(): this {
    for (const name of SIGNALS) {
      process.on(name, () => {
        if (this.signal.aborted) process.exit(128 + constants.signals[name]);
        process.stderr.write('\nstopping; once more ends at once\n');
        this.abort();
      });
    }
    return this;
  }
}
