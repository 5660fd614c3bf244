import type {ContainerSpec} from '../container-spec.ts';
import {macOf} from '../mac.ts';

/** Files in a container's network folder, for the toolkit's `network`: CNI configurations (CNI spec 0.4.0). */
export function networkFiles(spec: ContainerSpec): ReadonlyMap<string, string> {
  const {network, ports} = spec;
  const cidr = `${network.address}/${network.subnet.split('/')[1]}`;
  const shared = {cniVersion: '0.4.0', name: network.bridge};
  const bridge = {
    ...shared,
    type: 'bridge',
    ...(network.mtu === undefined ? {} : {mtu: network.mtu}),
    bridge: network.bridge,
    isGateway: true,
    hairpinMode: true,
    runtimeConfig: {mac: macOf(network.address)},
    ipam: {
      // Addresses come from the lock file: after a reboot host-local would refuse the same one as a duplicate.
      type: 'static',
      addresses: [{address: cidr, gateway: network.gateway}],
      routes: [{dst: '0.0.0.0/0'}],
    },
  };
  const portmap = {
    ...shared,
    type: 'portmap',
    snat: true,
    runtimeConfig: {
      portMappings: ports.map(({address, host, container, protocol}) => ({
        hostPort: host,
        containerPort: container,
        protocol,
        ...(address === undefined ? {} : {hostIP: address}),
      })),
    },
    // With a static address the bridge's result is known beforehand.
    prevResult: {
      cniVersion: '0.4.0',
      interfaces: [{name: 'eth0', sandbox: `/run/netns/${spec.id}`}],
      ips: [{version: '4', address: cidr, gateway: network.gateway, interface: 0}],
    },
  };
  return new Map([
    ['address', `${network.address}\n`],
    ['bridge', `${network.bridge} ${network.subnet}\n`],
    ['bridge.json', `${JSON.stringify(bridge)}\n`],
    ...(ports.length > 0 ? [['portmap.json', `${JSON.stringify(portmap)}\n`] as const] : []),
  ]);
}
