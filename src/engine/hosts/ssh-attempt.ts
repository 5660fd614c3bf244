import type {Duplex} from 'node:stream';
import ssh2, {type Client} from 'ssh2';
import type {HostName} from '../spec/stack.ts';
import {type HostKeyTrust, trusts} from './host-key.ts';
import type {Identity} from './identities.ts';
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

const keepaliveMs = 5000;

/** How to connect to an endpoint. */
interface Attempt {
  readonly sock?: Duplex;
  readonly algorithms: readonly string[];
  readonly trust: HostKeyTrust;
  readonly identities: readonly Identity[];
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** One key exchange and authentication. A host key that is not trusted, or of none of the types, ends it kindly. */
export function attempt(endpoint: Endpoint, how: Attempt): Promise<{client: Client} | {refused?: Buffer}> {
  const client = new ssh2.Client();
  let refused: Buffer | undefined;
  const done = Promise.withResolvers<{client: Client} | {refused?: Buffer}>();
  const fail = (error: unknown) => {
    client.destroy();
    done.reject(error);
  };
  const onAbort = () => fail(how.signal?.reason);
  how.signal?.addEventListener('abort', onAbort, {once: true});
  // ssh2's own timeout ends with the key exchange; this one covers everything.
  const late = () => fail(unreachable(endpoint, `no answer within ${endpoint.timeoutMs / 1000} s`));
  const timer = setTimeout(late, Math.max(1, how.deadline - Date.now()));
  const onClose = () => fail(unreachable(endpoint, 'it closed the connection'));
  // Stays: an error later on, of a jump host too, is followed by `close`, which tells whoever uses it.
  client.on('error', error => {
    if (refused) done.resolve({refused});
    else if (/no matching host key/i.test(error.message)) done.resolve({});
    else if (error.level === 'client-authentication') fail(authenticationFailed(endpoint, how.identities, error));
    else fail(unreachable(endpoint, plainWords(error), error));
  });
  client.once('close', onClose);
  client.once('ready', () => {
    client.off('close', onClose);
    done.resolve({client});
  });
  const queue = how.identities.map(identity => ({...identity, username: endpoint.user}));
  if (how.signal?.aborted) onAbort();
  else {
    client.connect({
      ...(how.sock ? {sock: how.sock as never} : {host: endpoint.address, port: endpoint.port}),
      username: endpoint.user,
      readyTimeout: 0,
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: 3,
      algorithms: {serverHostKey: how.algorithms as never},
      hostVerifier: (key: Buffer) => {
        const trusted = trusts(how.trust, key);
        if (!trusted) refused = key;
        return trusted;
      },
      authHandler: (_left, _partial, next) => next((queue.shift() ?? false) as never),
    });
    // Nagle's algorithm against delayed ACK costs 40 ms a round trip, those of the key exchange included.
    client.setNoDelay(true);
  }
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
