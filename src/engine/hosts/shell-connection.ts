import {type Duplex, PassThrough} from 'node:stream';
import type {HostName} from '../spec/stack.ts';
import {rootPrefix} from './becoming-root.ts';
import {collect} from './collect.ts';
import {type Command, render, shown} from './command.ts';
import type {Connection, Output, RemoteProcess, RunOptions} from './connection.ts';
import {Deadline} from './deadline.ts';
import {announced, firstLine, killGroup} from './process-group.ts';
import {ShellPool} from './shell-pool.ts';
import {Slots} from './slots.ts';
import type {Terminal, Transport} from './transport.ts';

// sshd's MaxSessions is 10 by default: 4 shells and 3 channels for input and streams, and room for a kill.
const SHELLS = 4;
const STREAMS = 3;
const DEFAULT_TIMEOUT_MS = 120_000;

/** A connection over any transport, ready when it is known how to become root there. */
export async function shellConnection(transport: Transport): Promise<Connection> {
  return new ShellConnection(transport, await rootPrefix(transport));
}

class ShellConnection implements Connection {
  readonly host: HostName;
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #shells: ShellPool;
  readonly #streams = new Slots(STREAMS);

  constructor(transport: Transport, prefix: string) {
    this.host = transport.host;
    this.#transport = transport;
    this.#prefix = prefix;
    this.#shells = new ShellPool(transport, prefix, SHELLS);
  }

  async run(command: Command, options: RunOptions = {}): Promise<Output> {
    this.#transport.lost.throwIfAborted();
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
    const leave = await this.#streams.take(this.#transport.lost);
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
    this.#transport.lost.throwIfAborted();
    return this.#transport.dial(address, port, timeoutMs);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #runWithInput(line: string, input: string | Buffer, deadline: Deadline): Promise<Output> {
    const leave = await this.#streams.take(deadline.signal);
    try {
      const process = await this.#start(line);
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
    const raw = await this.#transport.start(
      announced(line, {prefix: this.#prefix, terminal: terminal !== undefined}),
      terminal,
    );
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
      kill: () => void this.#kill(group, () => raw.hangUp()),
    };
  }

  async #kill(group: Promise<string>, hangUp: () => void): Promise<void> {
    const known = await Promise.race([group, new Promise<string>(resolve => setTimeout(resolve, 2000, '').unref())]);
    if (/^\d+$/.test(known) && !this.#transport.lost.aborted) {
      // A connection that goes while killing takes the process with it.
      await this.#transport
        .start(killGroup(known, this.#prefix))
        .then(collect)
        .catch(() => undefined);
    }
    hangUp();
  }
}
