import {connect as connectTcp} from 'node:net';
import type {Duplex} from 'node:stream';
import ssh2, {type Client} from 'ssh2';
import type {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {type HostKeyTrust, trusts} from './host-key.ts';
import type {Identity} from './identities.ts';
import {keepaliveMs} from './liveness.ts';
import {authenticationFailed, unreachable} from './ssh-errors.ts';

/** One hop, with everything that files and defaults say filled in. */
export interface Endpoint {
  readonly name: HostName;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly hostKey?: string;
  /** On the way to the host: known_hosts alone says its key. */
  readonly jump?: boolean;
  readonly timeoutMs: number;
}

/** How to connect to an endpoint. */
export interface Attempt {
  /** A stream through a jump host; without it a TCP connection is made. */
  readonly sock?: Duplex;
  readonly algorithms: readonly string[];
  readonly trust: HostKeyTrust;
  readonly identities: readonly Identity[];
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** A client that is logged in, and the stream that it speaks over. */
export interface Opened {
  readonly client: Client;
  readonly stream: Duplex;
}

/** How an attempt ended: logged in; with a key that is not trusted, or none of the types; or hung up on at the door. */
export type AttemptEnd = Opened | {readonly refused?: Buffer} | {readonly dropped: OutsideError};

/** One key exchange and authentication. Errors: OutsideError `host-unreachable`, `authentication-failed`. */
export function attempt(endpoint: Endpoint, how: Attempt): Promise<AttemptEnd> {
  const client = new ssh2.Client();
  // Nagle's algorithm against delayed ACK costs 40 ms a command.
  const stream = how.sock ?? connectTcp({host: endpoint.address, port: endpoint.port, noDelay: true});
  let refused: Buffer | undefined;
  let [connected, greeted] = [how.sock !== undefined, false];
  const done = Promise.withResolvers<AttemptEnd>();
  const fail = (error: unknown) => {
    client.destroy();
    stream.destroy();
    done.reject(error);
  };
  const onAbort = () => fail(how.signal?.reason);
  how.signal?.addEventListener('abort', onAbort, {once: true});
  // ssh2's own timeout ends with the key exchange; this one covers everything.
  const late = () => fail(unreachable(endpoint, `no answer within ${endpoint.timeoutMs / 1000} s`));
  const timer = setTimeout(late, Math.max(1, how.deadline - Date.now()));
  const broken = (why: string, cause?: unknown) => {
    const error = unreachable(endpoint, why, cause);
    // sshd that has enough unfinished logins (MaxStartups) hangs up on newcomers before it says anything of its keys.
    if (connected && !greeted) done.resolve({dropped: error});
    fail(error);
  };
  const onClose = () => broken('it closed the connection');
  // Stays: an error later on, of a jump host too, is followed by `close`, which tells whoever uses it.
  client.on('error', error => {
    if (refused) done.resolve({refused});
    else if (/no matching host key/i.test(error.message)) done.resolve({});
    else if (error.level === 'client-authentication') fail(authenticationFailed(endpoint, how.identities, error));
    else broken(plainWords(error), error);
  });
  client.once('connect', () => {
    connected = true;
  });
  client.once('handshake', () => {
    greeted = true;
  });
  client.once('close', onClose);
  client.once('ready', () => {
    client.off('close', onClose);
    done.resolve({client, stream});
  });
  const queue = how.identities.map(identity => ({...identity, username: endpoint.user}));
  if (how.signal?.aborted) onAbort();
  else
    client.connect({
      sock: stream as never,
      username: endpoint.user,
      readyTimeout: 0,
      // ssh2 asks; whether the peer lives is judged by all that comes from it: see `watchSilence`.
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: Number.POSITIVE_INFINITY,
      algorithms: {serverHostKey: how.algorithms as never},
      hostVerifier: (key: Buffer) => {
        const trusted = trusts(how.trust, key);
        if (!trusted) refused = key;
        return trusted;
      },
      authHandler: (_left, _partial, next) => next((queue.shift() ?? false) as never),
    });
  return done.promise.finally(() => {
    clearTimeout(timer);
    how.signal?.removeEventListener('abort', onAbort);
  });
}

function plainWords(error: Error & {code?: string}): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it';
    default:
      return error.message;
  }
}
