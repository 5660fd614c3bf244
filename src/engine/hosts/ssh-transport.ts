import {setMaxListeners} from 'node:events';
import type {Duplex} from 'node:stream';
import type {Client, ClientChannel} from 'ssh2';
import type {HostName} from '../spec/stack.ts';
import {watchSilence} from './liveness.ts';
import {dialFailed} from './local-transport.ts';
import type {Opened} from './ssh-attempt.ts';
import {connectionLost, type Exit, noSession, type RawProcess, type Terminal, type Transport} from './transport.ts';

/** A transport over an SSH client that is ready. `onClose` ends what it came through: jump hosts. */
export function sshTransport(host: HostName, {client, stream}: Opened, onClose: () => void): Transport {
  const gone = new AbortController();
  // As many as there are channels.
  setMaxListeners(0, gone.signal);
  let why = 'the host closed it';
  const lose = () => {
    if (gone.signal.aborted) return;
    gone.abort(connectionLost(host, why));
    onClose();
  };
  client.on('error', error => {
    why = error.message;
  });
  client.once('close', lose);
  const heardAt = watchSilence(stream, since => {
    const seconds = Math.round((Date.now() - since.getTime()) / 1000);
    why = `no sign of life since ${since.toISOString().slice(11, 19)} UTC, ${seconds} s`;
    lose();
    stream.destroy();
  });
  return {
    host,
    lost: gone.signal,
    heardAt,
    start: async (line, terminal) => open(host, client, line, terminal, gone.signal),
    dial: (address, port, timeoutMs) => dial(host, client, address, port, timeoutMs, gone.signal),
    close: () =>
      new Promise(resolve => {
        if (gone.signal.aborted) return resolve();
        client.once('close', () => resolve());
        client.end();
        // A dead peer does not answer the goodbye, after which the client itself cannot be destroyed any more.
        setTimeout(() => stream.destroy(), 1000).unref();
      }),
  };
}

function open(
  host: HostName,
  client: Client,
  line: string,
  terminal: Terminal | undefined,
  lost: AbortSignal,
): Promise<RawProcess> {
  lost.throwIfAborted();
  const pty = terminal ? {term: terminal.term, cols: terminal.columns, rows: terminal.rows} : undefined;
  return new Promise((resolve, reject) => {
    const onLost = () => reject(lost.reason);
    lost.addEventListener('abort', onLost, {once: true});
    const settle = (error: (Error & {reason?: unknown}) | undefined, channel: ClientChannel) => {
      lost.removeEventListener('abort', onLost);
      if (lost.aborted) reject(lost.reason);
      // With a reason: the peer answered, and refused to open a channel (RFC 4254, 5.1).
      else if (error) reject(error.reason === undefined ? error : noSession(host, error));
      // Listened to at once: how a short process ended may stand in the same packet as that it began.
      else resolve(processOf(channel, lost));
    };
    try {
      client.exec(line, pty ? {pty} : {}, settle);
    } catch (error) {
      // ssh2 throws where the connection went a moment ago.
      lost.removeEventListener('abort', onLost);
      reject(lost.aborted ? lost.reason : error);
    }
  });
}

function processOf(channel: ClientChannel, lost: AbortSignal): RawProcess {
  const {promise: exit, resolve, reject} = Promise.withResolvers<Exit>();
  let ended: Exit | undefined;
  channel.once('exit', (code: number | null, signal?: string) => {
    ended = {code: code ?? 128, ...(signal ? {signal} : {})};
  });
  channel.once('close', () => {
    if (ended) resolve(ended);
    // `close` of the connection comes right after that of its channels.
    else setImmediate(() => (lost.aborted ? reject(lost.reason) : resolve({code: 255})));
  });
  const onLost = () => reject(lost.reason);
  lost.addEventListener('abort', onLost, {once: true});
  exit.catch(() => undefined).finally(() => lost.removeEventListener('abort', onLost));
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    exit,
    resize: ({columns, rows}) => channel.setWindow(rows, columns, 0, 0),
    hangUp: () => channel.close(),
  };
}

function dial(
  host: HostName,
  client: Client,
  address: string,
  port: number,
  timeoutMs: number,
  lost: AbortSignal,
): Promise<Duplex> {
  lost.throwIfAborted();
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(dialFailed(host, address, port, `no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      clearTimeout(timer);
      if (late) channel?.destroy();
      else if (lost.aborted) reject(lost.reason);
      else if (error) reject(dialFailed(host, address, port, error.message.replace(/^.*?: /, ''), error));
      else resolve(channel);
    });
  });
}
