import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {Host} from '../spec/project.ts';
import type {HostName} from '../spec/stack.ts';
import {tooManyUnreachable} from '../spec/unreachable.ts';
import {connect} from './connect.ts';
import type {Connection} from './connection.ts';
import {Slots} from './slots.ts';
import type {SshOptions} from './ssh-connect.ts';

/** Connecting is mostly waiting; of this many, this machine does the key exchanges well within their timeouts. */
const atOnce = 200;

export interface ConnectAllOptions {
  /** How many hosts may be left out because they do not answer. */
  readonly maxUnreachable: number;
  readonly signal?: AbortSignal;
  readonly ssh?: SshOptions;
}

export interface Connected {
  readonly connections: ReadonlyMap<HostName, Connection>;
  /** Why a host could not be connected to. */
  readonly failures: ReadonlyMap<HostName, NiyantaError>;
}

/**
 * Connects to every host at once. Errors: OutsideError `host-unreachable` that tells of every host that failed, unless
 * they may be left out; what else is wrong with a host (its key, our identity) is an error always.
 */
export async function connectAll(hosts: readonly Host[], options: ConnectAllOptions): Promise<Connected> {
  options.signal?.throwIfAborted();
  const slots = new Slots(atOnce);
  const ends = await Promise.all(
    hosts.map(async (host): Promise<End> => {
      const leave = await slots.take();
      try {
        return {
          host: host.name,
          connection: await connectionTo(host, {...(options.ssh ?? here()), signal: options.signal}),
        };
      } catch (error) {
        return {host: host.name, error};
      } finally {
        leave();
      }
    }),
  );
  // In the order of the hosts, not of their answers.
  const connections = new Map(ends.flatMap(({host, connection}) => (connection ? [[host, connection] as const] : [])));
  try {
    return {connections, failures: judge(ends, options)};
  } catch (error) {
    await Promise.allSettled([...connections.values()].map(connection => connection.close()));
    throw error;
  }
}

async function connectionTo(host: Host, ssh: SshOptions): Promise<Connection> {
  const open = ssh.open?.(host);
  return open ? borrowed(open) : connect(host, ssh);
}

/** Who made it closes it. */
const borrowed = (connection: Connection): Connection => ({
  host: connection.host,
  run: (...args) => connection.run(...args),
  spawn: (...args) => connection.spawn(...args),
  dial: (...args) => connection.dial(...args),
  close: async () => {},
});

type End =
  | {readonly host: HostName; readonly connection: Connection; readonly error?: undefined}
  | {readonly host: HostName; readonly connection?: undefined; readonly error: unknown};

const here = (): SshOptions => ({env: process.env});

/** The failures that one can go on with; throws what one cannot. */
function judge(ends: readonly End[], options: ConnectAllOptions): ReadonlyMap<HostName, NiyantaError> {
  options.signal?.throwIfAborted();
  const failures = new Map<HostName, NiyantaError>();
  for (const {host, connection, error} of ends) {
    if (connection) continue;
    if (!(error instanceof NiyantaError)) throw error;
    failures.set(host, error);
  }
  const absent = [...failures.values()].filter(error => error.code === 'host-unreachable');
  const tooMany = absent.length > options.maxUnreachable;
  const fatal = tooMany ? [...failures.values()] : [...failures.values()].filter(error => !absent.includes(error));
  if (fatal.length === 0) return failures;
  if (fatal.length === 1) throw fatal[0];
  throw severalFailed(
    fatal,
    tooMany && options.maxUnreachable > 0 ? [tooManyUnreachable(absent.length, options.maxUnreachable)] : [],
  );
}

function severalFailed(errors: readonly NiyantaError[], before: readonly string[]): NiyantaError {
  const different = errors.find(error => error.code !== 'host-unreachable');
  return new OutsideError({
    code: different?.code ?? 'host-unreachable',
    message: [...before, ...errors.map(error => error.message)].join('\n'),
    hint: different?.hint ?? errors[0]?.hint,
    transient: different === undefined,
  });
}
