import type {Output} from './connection.ts';
import type {Deadline} from './deadline.ts';
import {type Hello, shellLine} from './process-group.ts';
import type {Sessions} from './sessions.ts';
import {ShellChannel} from './shell-channel.ts';
import {Slots} from './slots.ts';
import {isNoSession} from './transport.ts';

/** A persistent shell, and what it said of itself. */
export interface Shell extends Hello {
  readonly channel: ShellChannel;
}

/** Persistent shells of one connection, opened as they are needed, each running one command at a time. */
export class ShellPool {
  readonly #sessions: Sessions;
  readonly #mark: string;
  readonly #kill: (shell: Shell) => void;
  readonly #slots: Slots;
  readonly #idle: Shell[] = [];
  #size: number;

  /** `kill` ends what runs in a shell, and the shell. */
  constructor(sessions: Sessions, mark: string, size: number, kill: (shell: Shell) => void) {
    this.#sessions = sessions;
    this.#mark = mark;
    this.#kill = kill;
    this.#slots = new Slots(size);
    this.#size = size;
  }

  /** Opens the first shell, which says how to become root. */
  async greet(deadline: Deadline): Promise<Hello> {
    const shell = await this.#opened(deadline);
    this.#idle.push(shell);
    return shell;
  }

  /** Runs a line in the next free shell. At the deadline its processes are killed and the shell is given up. */
  async run(line: string, deadline: Deadline): Promise<Output> {
    const {shell, leave} = await this.#take(deadline);
    try {
      const output = await deadline.race(shell.channel.run(line), () => this.#kill(shell));
      if (this.#sessions.wanted) shell.channel.close();
      else if (shell.channel.alive) this.#idle.push(shell);
      return output;
    } finally {
      leave();
    }
  }

  /** Gives up one shell that has nothing to do, if there is one. */
  closeIdle(): void {
    this.#takeIdle()?.channel.close();
  }

  async #take(deadline: Deadline): Promise<{readonly shell: Shell; readonly leave: () => void}> {
    for (;;) {
      const leave = await this.#slots.take(deadline.signal);
      try {
        return {shell: this.#takeIdle() ?? (await this.#opened(deadline)), leave};
      } catch (error) {
        if (isNoSession(error) && this.#size > 1) {
          // The host gives no further session: the shells that there are have to do, so this place stays taken.
          this.#size -= 1;
          continue;
        }
        leave();
        throw error;
      }
    }
  }

  /** One that somebody ended on the host while it was idle is nobody's failure. */
  #takeIdle(): Shell | undefined {
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) {
      if (shell.channel.alive) return shell;
    }
    return undefined;
  }

  async #opened(deadline: Deadline): Promise<Shell> {
    const line = shellLine(this.#mark);
    // The last place waits for a session; others are rather done without.
    const starting =
      this.#size > 1 ? this.#sessions.tryStart(line) : this.#sessions.start(line, undefined, () => undefined);
    const hangUp = () =>
      starting.then(
        process => process.hangUp(),
        () => undefined,
      );
    const channel = new ShellChannel(this.#sessions.host, await deadline.race(starting, hangUp), this.#mark);
    return {channel, ...(await deadline.race(channel.hello, () => channel.close()))};
  }
}
