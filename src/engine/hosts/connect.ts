import type {Host} from '../spec/project.ts';
import type {Connection} from './connection.ts';
import {localTransport} from './local-transport.ts';
import {Reconnecting} from './reconnecting.ts';
import {type ShellConnection, shellConnection} from './shell-connection.ts';
import type {SshOptions} from './ssh-connect.ts';
import type {Transport} from './transport.ts';

/**
 * Connects to a host, over SSH or not at all for `local`. Never takes longer than the host's connect timeout. When the
 * connection is lost it is made anew at its next use, within three such times.
 */
export async function connect(host: Host, options: SshOptions = {env: process.env}): Promise<Connection> {
  if (host.local) return ready(localTransport(host.name), async () => localTransport(host.name));
  const {sshConnect} = await import('./ssh-connect.ts');
  // Not with the caller's signal: what has to be seen or taken back after Ctrl-C needs its host, too.
  const again = () => sshConnect(host, {...options, signal: undefined});
  return new Reconnecting(await ready(await sshConnect(host, options), again), {
    open: async () => ready(await again(), again),
    patienceMs: () => (options.signal?.aborted ? 0 : 3 * host.connectTimeoutMs),
  });
}

async function ready(transport: Transport, another: () => Promise<Transport>): Promise<ShellConnection> {
  try {
    return await shellConnection(transport, another);
  } catch (error) {
    await transport.close();
    throw error;
  }
}
