import type {Duplex, Readable, Writable} from 'node:stream';
import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {TerminalSize} from './connection.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number;
  readonly signal?: string;
}

/** A process as the transport gives it: its streams must be read, else it never ends. */
export interface RawProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Rejects with `connection-lost` when the transport went first. */
  readonly exit: Promise<Exit>;
  resize(size: TerminalSize): void;
  /** Ends the channel; with a terminal this hangs up on the process. */
  hangUp(): void;
}

export type Terminal = TerminalSize & {readonly term: string};

/** The difference between an SSH host and this machine; `ShellConnection` builds the rest on it. */
export interface Transport {
  readonly host: HostName;
  /** Aborted, with the OutsideError as reason, when the transport is gone. */
  readonly lost: AbortSignal;
  /** When something last came from the host, by `performance.now()`; absent where nothing can go silent. */
  heardAt?(): number;
  /** Starts a line of POSIX sh. Neither quotes nor becomes root: that is done above. Errors: OutsideError `no-session`. */
  start(line: string, terminal?: Terminal): Promise<RawProcess>;
  dial(address: string, port: number, timeoutMs: number): Promise<Duplex>;
  close(): Promise<void>;
}

/** The connection went away under a command. */
export const connectionLost = (host: HostName, why: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'connection-lost',
    message: `${host}: the connection was lost: ${why}`,
    hint: 'Run the same command again: what was done stays done, and niyanta goes on from there.',
    host,
    transient: true,
    cause,
  });

/** The host gives no more sessions on this connection (sshd's MaxSessions). */
export const noSession = (host: HostName, cause: unknown): OutsideError =>
  new OutsideError({
    code: 'no-session',
    message: `${host}: sshd gives no session`,
    hint: 'Raise MaxSessions in /etc/ssh/sshd_config there; niyanta needs at least one.',
    host,
    transient: true,
    cause,
  });

export const isNoSession = (error: unknown): boolean => error instanceof OutsideError && error.code === 'no-session';
