import {type Connection, connectAll, type SshOptions} from './hosts/index.ts';
import {observe} from './runtime/observe.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {Bug, OutsideError} from './spec/errors.ts';
import type {Host} from './spec/project.ts';
import type {HostName} from './spec/stack.ts';

/** The hosts of one command: a connection to each that answers, and what was found there. */
export interface Fleet {
  readonly observed: readonly ObservedHost[];
  connection(host: HostName): Connection;
  /** Looks again; connections stay. A host that has gone meanwhile is told as unreachable. */
  observe(): Promise<readonly ObservedHost[]>;
}

export interface FleetOptions {
  /** How many hosts may be left out because they do not answer; more are an error. */
  readonly maxUnreachable: number;
  readonly signal: AbortSignal;
  readonly ssh?: SshOptions;
  /** Done on each host before it is looked at. */
  readonly beforeLooking?: (connection: Connection) => Promise<void>;
}

/** Connects to all hosts at once, looks at them, lets `use` work with them, and closes the connections at any end. */
export async function withFleet<T>(
  hosts: readonly Host[],
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  const {connections, failures} = await connectAll(hosts, options);
  try {
    const look = (connection: Connection, host: Host, signal?: AbortSignal) =>
      observe(connection, {drained: host.drain, signal});
    const first: Look = async (connection, host) => {
      await options.beforeLooking?.(connection);
      return look(connection, host, options.signal);
    };
    const observeAll = (at: Look, {tolerant}: {readonly tolerant: boolean}) =>
      Promise.all(
        hosts.map(async (host): Promise<ObservedHost> => {
          const connection = connections.get(host.name);
          if (!connection)
            return {host: host.name, reachable: false, error: failures.get(host.name)?.message ?? 'no connection'};
          const looking = at(connection, host);
          return tolerant ? looking.catch(error => goneSilent(host.name, error)) : looking;
        }),
      );
    return await use({
      observed: await observeAll(first, {tolerant: options.maxUnreachable > 0}),
      // After Ctrl-C, too: what was done until then is to be known.
      observe: () => observeAll(look, {tolerant: true}),
      connection: name => {
        const connection = connections.get(name);
        if (!connection) throw new Bug(`no connection to ${name}`);
        return connection;
      },
    });
  } finally {
    await Promise.allSettled([...connections.values()].map(connection => connection.close()));
  }
}

type Look = (connection: Connection, host: Host) => Promise<ObservedHost>;

/** A host that was connected to and does not answer any more. What will not pass by itself is an error as before. */
function goneSilent(host: HostName, error: unknown): ObservedHost {
  if (error instanceof OutsideError && (error.transient || error.code === 'host-unreachable'))
    return {host, reachable: false, error: error.message};
  throw error;
}
