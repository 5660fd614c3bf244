import type {Output} from './connection.ts';
import type {Deadline} from './deadline.ts';
import {type Hello, shellLine} from './process-group.ts';
import type {Sessions} from './sessions.ts';
import {ShellChannel} from './shell-channel.ts';
import {Slots} from './slots.ts';

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
  #idled = Promise.withResolvers<void>();

  /** `kill` ends what runs in a shell, and the shell. */
  constructor(sessions: Sessions, mark: string, size: number, kill: (shell: Shell) => void) {
    this.#sessions = sessions;
    this.#mark = mark;
    this.#kill = kill;
    this.#slots = new Slots(size);
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
      else if (shell.channel.alive) this.#rest(shell);
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
    const leave = await this.#slots.take(deadline.signal);
    try {
      // Where the host gives no further session, the shells that there are have to do.
      const shell = await this.#sessions.retry(
        async () => this.#takeIdle() ?? (await this.#opened(deadline)),
        ended => deadline.race(Promise.race([ended, this.#idled.promise]), () => undefined),
      );
      return {shell, leave};
    } catch (error) {
      leave();
      throw error;
    }
  }

  #rest(shell: Shell): void {
    this.#idle.push(shell);
    this.#idled.resolve();
    this.#idled = Promise.withResolvers();
  }

  /** One that somebody ended on the host while it was idle is nobody's failure. */
  #takeIdle(): Shell | undefined {
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) {
      if (shell.channel.alive) return shell;
    }
    return undefined;
  }

  async #opened(deadline: Deadline): Promise<Shell> {
    const starting = this.#sessions.tryStart(shellLine(this.#mark));
    const hangUp = () =>
      starting.then(
        process => process.hangUp(),
        () => undefined,
      );
    const channel = new ShellChannel(this.#sessions.host, await deadline.race(starting, hangUp), this.#mark);
    return {channel, ...(await deadline.race(channel.hello, () => channel.close()))};
  }
}
