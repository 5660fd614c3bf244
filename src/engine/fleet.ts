import {type Connection, connectAll, type SshOptions} from './hosts/index.ts';
import {observe} from './runtime/observe.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {Bug} from './spec/errors.ts';
import type {Host} from './spec/project.ts';
import type {HostName} from './spec/stack.ts';

/** The hosts of one command: a connection to each that answers, and what was found there. */
export interface Fleet {
  readonly observed: readonly ObservedHost[];
  connection(host: HostName): Connection;
  /** Looks again; connections stay. */
  observe(): Promise<readonly ObservedHost[]>;
}

export interface FleetOptions {
  /** Go on with the hosts that answer; otherwise one that does not is an error. */
  readonly allowUnreachable: boolean;
  readonly signal: AbortSignal;
  readonly ssh?: SshOptions;
}

/** Connects to all hosts at once, looks at them, lets `use` work with them, and closes the connections at any end. */
export async function withFleet<T>(
  hosts: readonly Host[],
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  const {connections, failures} = await connectAll(hosts, options);
  try {
    const observeAll = (): Promise<readonly ObservedHost[]> =>
      Promise.all(
        hosts.map(async host => {
          const connection = connections.get(host.name);
          if (!connection)
            return {host: host.name, reachable: false, error: failures.get(host.name)?.message ?? 'no connection'};
          return observe(connection, {drained: host.drain, signal: options.signal});
        }),
      );
    return await use({
      observed: await observeAll(),
      observe: observeAll,
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
