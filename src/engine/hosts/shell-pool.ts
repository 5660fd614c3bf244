import type {Output} from './connection.ts';
import type {Deadline} from './deadline.ts';
import {killGroup, SHELL_HELLO, shellLine} from './process-group.ts';
import {ShellChannel} from './shell-channel.ts';
import {Slots} from './slots.ts';
import type {Transport} from './transport.ts';

interface Shell {
  readonly channel: ShellChannel;
  /** Its process group on the host, to end what hangs. */
  readonly group: string;
}

/** Persistent shells of one connection, opened as they are needed, each running one command at a time. */
export class ShellPool {
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #slots: Slots;
  readonly #idle: Shell[] = [];

  constructor(transport: Transport, prefix: string, size: number) {
    this.#transport = transport;
    this.#prefix = prefix;
    this.#slots = new Slots(size);
  }

  /** Runs a line in the next free shell. At the deadline its processes are killed and the shell is given up. */
  async run(line: string, deadline: Deadline): Promise<Output> {
    const leave = await this.#slots.take(deadline.signal);
    try {
      const shell = this.#takeIdle() ?? (await this.#open(deadline));
      const output = await deadline.race(shell.channel.run(line), () => this.#kill(shell));
      if (shell.channel.alive) this.#idle.push(shell);
      return output;
    } finally {
      leave();
    }
  }

  /** One that somebody ended on the host while it was idle is nobody's failure. */
  #takeIdle(): Shell | undefined {
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) {
      if (shell.channel.alive) return shell;
    }
    return undefined;
  }

  async #open(deadline: Deadline): Promise<Shell> {
    const process = await this.#transport.start(shellLine(this.#prefix));
    const channel = new ShellChannel(this.#transport.host, process);
    const group = await deadline.race(channel.hello(SHELL_HELLO), () => channel.close());
    return {channel, group};
  }

  #kill(shell: Shell): void {
    void this.#transport
      .start(killGroup(shell.group, this.#prefix))
      .then(({exit, stdout, stderr}) => {
        stdout.resume();
        stderr.resume();
        return exit;
      })
      // The connection is gone, and with it the shell.
      .catch(() => undefined)
      .finally(() => shell.channel.close());
  }
}
