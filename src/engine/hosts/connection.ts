import type {Duplex, Readable, Writable} from 'node:stream';
import type {HostName} from '../spec/stack.ts';
import type {Command} from './command.ts';

/** What a command left behind. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Milliseconds; the command is killed and an OutsideError `timeout` (transient) thrown. Default 120 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Sent on standard input (over a channel of its own): for secrets and large scripts. Never logged. */
  readonly input?: string | Buffer;
}

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A running process on the host. */
export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Empty when there is a terminal. */
  readonly stderr: Readable;
  /** Only with a terminal. */
  resize(size: TerminalSize): void;
  kill(): void;
  readonly exit: Promise<{readonly code: number; readonly signal?: string}>;
}

/**
 * One connection a host: SSH, or this machine. Everything runs as root there (through `sudo -n` where told).
 * Lost connections reject with an OutsideError `connection-lost`, transient.
 */
export interface Connection {
  readonly host: HostName;
  /** Runs a command to its end. A non-zero exit is not an error here; see `mustRun` for that. */
  run(command: Command, options?: RunOptions): Promise<Output>;
  /** Starts a process with streams, on a terminal when `terminal` is given. */
  spawn(
    command: Command,
    options?: {readonly terminal?: TerminalSize & {readonly term: string}},
  ): Promise<RemoteProcess>;
  /** A TCP connection from the host to an address it can reach (direct-tcpip, RFC 4254 section 7.2). */
  dial(address: string, port: number, timeoutMs: number): Promise<Duplex>;
  /** When something last came from the host, whatever it was, by `performance.now()`; undefined where that is not known. */
  heardAt?(): number | undefined;
  close(): Promise<void>;
}
