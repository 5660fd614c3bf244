import {NiyantaError, OutsideError} from '../spec/errors.ts';
import type {Host} from '../spec/project.ts';
import type {HostName} from '../spec/stack.ts';
import {connect} from './connect.ts';
import type {Connection} from './connection.ts';
import {Slots} from './slots.ts';
import type {SshOptions} from './ssh-connect.ts';

/** As many key exchanges as this machine's processor keeps up with, all within their timeouts. */
const atOnce = 50;

export interface ConnectAllOptions {
  /** Go on with the hosts that answer. */
  readonly allowUnreachable: boolean;
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
    hosts.map(async (host): Promise<[HostName, Connection | NiyantaError]> => {
      const leave = await slots.take();
      try {
        return [host.name, await connect(host, options.ssh)];
      } catch (error) {
        if (!(error instanceof NiyantaError)) throw error;
        return [host.name, error];
      } finally {
        leave();
      }
    }),
  );
  // In the order of the hosts, not of their answers.
  const failures = new Map(ends.flatMap(([name, end]) => (end instanceof NiyantaError ? [[name, end] as const] : [])));
  const connections = new Map(
    ends.flatMap(([name, end]) => (end instanceof NiyantaError ? [] : [[name, end] as const])),
  );
  const fatal = [...failures.values()].filter(error => !options.allowUnreachable || error.code !== 'host-unreachable');
  if (fatal.length > 0 || options.signal?.aborted) {
    await Promise.allSettled([...connections.values()].map(connection => connection.close()));
    options.signal?.throwIfAborted();
    throw fatal.length === 1 ? fatal[0] : severalFailed(fatal);
  }
  return {connections, failures};
}

function severalFailed(errors: readonly NiyantaError[]): NiyantaError {
  const different = errors.find(error => error.code !== 'host-unreachable');
  return new OutsideError({
    code: different?.code ?? 'host-unreachable',
    message: errors.map(error => error.message).join('\n'),
    hint: different?.hint ?? errors[0]?.hint,
    transient: different === undefined,
  });
}
