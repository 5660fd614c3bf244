import {type ChildProcess, spawn} from 'node:child_process';
import {connect as connectTcp} from 'node:net';
import type {Duplex} from 'node:stream';
import {OutsideError, UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Exit, RawProcess, Terminal, Transport} from './transport.ts';

/** This machine, without SSH. */
export function localTransport(host: HostName): Transport {
  const lost = new AbortController();
  const processes = new Set<RawProcess>();
  return {
    host,
    lost: lost.signal,
    async start(line, terminal) {
      const process = terminal ? await startOnTerminal(line, terminal) : start(line);
      processes.add(process);
      process.exit.finally(() => processes.delete(process)).catch(() => undefined);
      return process;
    },
    dial: (address, port, timeoutMs) => dial(host, address, port, timeoutMs),
    async close() {
      for (const process of processes) process.hangUp();
      lost.abort(new OutsideError({code: 'connection-lost', message: `${host}: closed`, host, transient: true}));
    },
  };
}

function start(line: string): RawProcess {
  // Detached: a process group of its own, as sshd gives one, so that all of it can be killed.
  const child = spawn('/bin/sh', ['-c', line], {detached: true, stdio: 'pipe'});
  const {promise: exit, resolve, reject} = Promise.withResolvers<Exit>();
  child.once('close', (code, signal) => resolve({code: code ?? 128, ...(signal ? {signal} : {})}));
  child.once('error', reject);
  exit.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    resize: () => undefined,
    hangUp: () => {
      child.stdin.destroy();
      hangUp(child);
    },
  };
}

/** Tells the whole group of a process that has not ended yet. */
function hangUp({pid, exitCode, signalCode}: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGHUP');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function startOnTerminal(line: string, {columns, rows, term}: Terminal): Promise<RawProcess> {
  const {PassThrough, Writable} = await import('node:stream');
  // Optional: it has no prebuilt binary for Linux, so it may not be there.
  const pty = await import('node-pty').catch(cause => {
    throw new UserError({
      code: 'terminal-unavailable',
      message: 'a terminal on this machine needs the optional package node-pty, which is not built',
      hint: 'Build it with: npm rebuild node-pty. Or reach this machine over SSH, which needs none.',
      cause,
    });
  });
  const child = pty.spawn('/bin/sh', ['-c', line], {name: term, cols: columns, rows, encoding: null});
  const stdout = new PassThrough();
  child.onData(data => void stdout.write(data));
  const stderr = new PassThrough();
  stderr.end();
  const exit = new Promise<Exit>(resolve =>
    child.onExit(({exitCode}) => {
      stdout.end();
      resolve({code: exitCode});
    }),
  );
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      child.write(chunk);
      done();
    },
  });
  return {
    stdin,
    stdout,
    stderr,
    exit,
    resize: size => child.resize(size.columns, size.rows),
    hangUp: () => child.kill(),
  };
}

function dial(host: HostName, address: string, port: number, timeoutMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({host: address, port});
    const fail = (why: string, cause?: unknown) => {
      socket.destroy();
      reject(dialFailed(host, address, port, why, cause));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('error', error => {
      clearTimeout(timer);
      fail(error.message, error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** A TCP connection from a host that could not be made. */
export const dialFailed = (host: HostName, address: string, port: number, why: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'dial-failed',
    message: `${host}: cannot connect to ${address}:${port}: ${why}`,
    hint: 'See what listens there: niyanta logs, niyanta exec.',
    host,
    cause,
  });
