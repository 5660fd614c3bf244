import {randomBytes} from 'node:crypto';
import {type Duplex, PassThrough} from 'node:stream';
import type {HostName} from '../spec/stack.ts';
import {collect} from './collect.ts';
import {type Command, render, shown} from './command.ts';
import type {Connection, Output, RemoteProcess, RunOptions} from './connection.ts';
import {Deadline} from './deadline.ts';
import {announced, firstLine, killGroup, killMarked} from './process-group.ts';
import {Sessions} from './sessions.ts';
import {type Shell, ShellPool} from './shell-pool.ts';
import {Slots} from './slots.ts';
import {isNoSession, type RawProcess, type Terminal, type Transport} from './transport.ts';

// sshd's MaxSessions is 10 by default: 4 shells and 4 channels for input and streams, and room for a kill.
const SHELLS = 4;
const STREAMS = 4;
const DEFAULT_TIMEOUT_MS = 120_000;

/**
 * A connection over any transport, ready when it has a shell as root there. Errors: OutsideError `sudo-password`,
 * `sudo-missing`, `not-root`, `timeout`.
 */
export async function shellConnection(
  transport: Transport,
  another: () => Promise<Transport>,
): Promise<ShellConnection> {
  const connection = new ShellConnection(transport, another);
  await connection.greet();
  return connection;
}

/** One connection, until its transport is lost. */
export class ShellConnection implements Connection {
  readonly host: HostName;
  /** In the command line of whatever it starts. */
  readonly mark = `niyanta-${randomBytes(8).toString('hex')}`;
  readonly #transport: Transport;
  readonly #another: () => Promise<Transport>;
  readonly #sessions: Sessions;
  readonly #shells: ShellPool;
  readonly #streams = new Slots(STREAMS);
  #prefix = '';

  /** `another` makes a further transport to the host, for the moment in which this one has no session left. */
  constructor(transport: Transport, another: () => Promise<Transport>) {
    this.#another = another;
    this.host = transport.host;
    this.#transport = transport;
    this.#sessions = new Sessions(transport);
    this.#shells = new ShellPool(this.#sessions, this.mark, SHELLS, shell => void this.#killShell(shell));
  }

  /** Aborted, with the OutsideError as reason, when the transport is gone. */
  get lost(): AbortSignal {
    return this.#transport.lost;
  }

  heardAt(): number | undefined {
    return this.#transport.heardAt?.();
  }

  /** Opens the first shell. */
  async greet(): Promise<void> {
    const deadline = new Deadline(this.host, 'sh', DEFAULT_TIMEOUT_MS, this.lost);
    try {
      this.#prefix = (await this.#shells.greet(deadline)).prefix;
    } finally {
      deadline.clear();
    }
  }

  async run(command: Command, options: RunOptions = {}): Promise<Output> {
    this.lost.throwIfAborted();
    const line = render(command);
    const deadline = new Deadline(this.host, shown(command), options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
    try {
      if (options.input === undefined) return await this.#shells.run(line, deadline);
      return await this.#runWithInput(line, options.input, deadline);
    } finally {
      deadline.clear();
    }
  }

  async spawn(command: Command, options: {readonly terminal?: Terminal} = {}): Promise<RemoteProcess> {
    const leave = await this.#streams.take(this.lost);
    try {
      const process = await this.#start(render(command), options.terminal);
      process.exit.then(leave, leave);
      return process;
    } catch (error) {
      leave();
      throw error;
    }
  }

  dial(address: string, port: number, timeoutMs: number): Promise<Duplex> {
    this.lost.throwIfAborted();
    return this.#transport.dial(address, port, timeoutMs);
  }

  /**
   * Ends what an earlier connection to the same host left running when it was lost, so that nothing is done twice at
   * the same time. `mark` is that connection's.
   */
  async endLeftovers(mark: string): Promise<void> {
    await collect(
      await this.#sessions.start(killMarked(mark, this.#prefix), undefined, () => this.#shells.closeIdle()),
    );
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #runWithInput(line: string, input: string | Buffer, deadline: Deadline): Promise<Output> {
    const leave = await this.#streams.take(deadline.signal);
    try {
      const starting = this.#start(line);
      const kill = () =>
        starting.then(
          started => started.kill(),
          () => undefined,
        );
      const process = await deadline.race(starting, kill);
      // A command that ends without reading all of its input is its own affair; its exit code says what it thinks.
      process.stdin.on('error', () => undefined);
      process.stdin.end(input);
      const {code, stdout, stderr} = await deadline.race(collect(process), () => process.kill());
      return {code, stdout: stdout.toString(), stderr: stderr.toString()};
    } finally {
      leave();
    }
  }

  /** Starts a process whose group is known, so that all of it can be killed. */
  async #start(line: string, terminal?: Terminal): Promise<RemoteProcess> {
    const wrapped = announced(line, {prefix: this.#prefix, terminal: terminal !== undefined, mark: this.mark});
    const raw = await this.#sessions.start(wrapped, terminal, () => this.#shells.closeIdle());
    const announcing = terminal ? raw.stdout : raw.stderr;
    const rest = new PassThrough();
    // Not awaited: whoever started it may write to it before it says its group.
    const group = firstLine(announcing).then(({line: first, rest: remaining}) => {
      remaining.pipe(rest);
      return first.split(' ')[0] ?? '';
    });
    return {
      stdin: raw.stdin,
      stdout: terminal ? rest : raw.stdout,
      stderr: terminal ? raw.stderr : rest,
      exit: raw.exit,
      resize: size => raw.resize(size),
      kill: () => void this.#killProcess(group, raw),
    };
  }

  async #killProcess(group: Promise<string>, raw: RawProcess): Promise<void> {
    const known = await Promise.race([group, new Promise<string>(resolve => setTimeout(resolve, 2000, '').unref())]);
    await this.#kill(known);
    raw.hangUp();
  }

  async #killShell({group, channel}: Shell): Promise<void> {
    await this.#kill(group);
    channel.close();
  }

  /** Ends a process group, over another connection where this one has no session left. */
  async #kill(group: string): Promise<void> {
    if (!/^\d+$/.test(group) || this.lost.aborted) return;
    const line = killGroup(group, this.#prefix);
    try {
      await collect(await this.#sessions.tryStart(line));
    } catch (error) {
      // A connection that goes while killing takes what it started with it: see `endLeftovers`.
      if (isNoSession(error)) await this.#killOverAnother(line).catch(() => undefined);
    }
  }

  async #killOverAnother(line: string): Promise<void> {
    const transport = await this.#another();
    try {
      await collect(await transport.start(line));
    } finally {
      await transport.close();
    }
  }
}
