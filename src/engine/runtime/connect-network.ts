import {quote} from '../hosts/command.ts';
import type {HostScript} from './containers/host-script.ts';
import {type HostNetwork, networkText} from './host-network.ts';
import * as paths from './paths.ts';

const overlay = quote(`${paths.toolkit}/overlay`);

/** Makes a host's part of an environment's network as told, whatever of it there is. Idempotent. */
export const connectNetwork = (network: HostNetwork): HostScript => ({
  what: `connect network ${network.bridge}`,
  text: `set -eu\n${overlay} connect ${quote(network.bridge)} <<'end of network'\n${networkText(network)}end of network\n`,
});

/** Takes a host out of an environment's network. Its bridge goes with its last container. Idempotent. */
export const disconnectNetwork = (bridge: string): HostScript => ({
  what: `disconnect network ${bridge}`,
  text: `set -eu\n${overlay} disconnect ${quote(bridge)}\n`,
});
