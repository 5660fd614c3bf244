import type {Host} from '../spec/project.ts';
import type {Connection} from './connection.ts';
import {localTransport} from './local-transport.ts';
import {shellConnection} from './shell-connection.ts';
import type {SshOptions} from './ssh-connect.ts';

/** Connects to a host, over SSH or not at all for `local`. Never takes longer than the host's connect timeout. */
export async function connect(host: Host, options: SshOptions = {env: process.env}): Promise<Connection> {
  if (host.local) return shellConnection(localTransport(host.name));
  const {sshConnect} = await import('./ssh-connect.ts');
  const transport = await sshConnect(host, options);
  try {
    return await shellConnection(transport);
  } catch (error) {
    await transport.close();
    throw error;
  }
}
