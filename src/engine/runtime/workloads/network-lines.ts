import {quote} from '../../hosts/command.ts';
import {namespacePath, networkPath, toolkit} from '../paths.ts';
import type {AttemptSpec} from './attempt-spec.ts';

/** For the toolkit's `network`: what CNI's plugins read, with the address that the host chose. */
export function networkFileLines({ports}: Pick<AttemptSpec, 'ports'>, id: string): readonly string[] {
  const folder = networkPath(id);
  const mappings = ports.map(({address, host, container, protocol}) => ({
    hostPort: host,
    containerPort: container,
    protocol,
    ...(address === undefined ? {} : {hostIP: address}),
  }));
  const file = (name: string, format: string, ...variables: readonly string[]) =>
    `printf ${quote(`${format}\\n`)} ${variables.map(word => `"$${word}"`).join(' ')} >${quote(`${folder}/${name}`)}`;
  return [
    file('address', '%s', 'address'),
    file('bridge', '%s %s', 'bridge', 'subnet'),
    file(
      'bridge.json',
      '{"cniVersion":"0.4.0","name":"%s","type":"bridge","bridge":"%s","isGateway":true,"runtimeConfig":{"mac":"%s"},"ipam":{"type":"static","addresses":[{"address":"%s/22","gateway":"%s"}],"routes":[{"dst":"0.0.0.0/0"}]}}',
      'bridge',
      'bridge',
      'mac',
      'address',
      'gateway',
    ),
    ...(mappings.length === 0
      ? []
      : [
          file(
            'portmap.json',
            `{"cniVersion":"0.4.0","name":"%s","type":"portmap","snat":true,"runtimeConfig":{"portMappings":${JSON.stringify(mappings)}},"prevResult":{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/${id}"}],"ips":[{"version":"4","address":"%s/22","gateway":"%s","interface":0}]}}`,
            'bridge',
            'address',
            'gateway',
          ),
        ]),
  ];
}

/**
 * Lines that make its network namespace, with eth0 on the bridge. Where a bridge is there and no port is to be published, in
 * two calls of ip(8): a `ip -n` would copy every mount of the host, of which there are some for each container. Everything
 * else is for the toolkit's `network`, as is a second try.
 */
export function joinLines({ports}: Pick<AttemptSpec, 'ports'>, id: string): readonly string[] {
  const whole = `${quote(`${toolkit}/network`)} up ${quote(id)}`;
  if (ports.length > 0) return [whole];
  const path = quote(namespacePath(id));
  return [
    `if [ -e "/sys/class/net/$bridge" ] && [ ! -e ${path} ] && [ ! -e "/sys/class/net/$link" ]; then`,
    `  : >${path}`,
    `  { unshare --net=${path} ip -batch - <<end && ip -batch - <<end2 || { umount ${path} 2>/dev/null || :; rm -f ${path}; ${whole}; }; } 7>&-`,
    'link set lo up',
    'link add eth0 address $mac type veth peer name $link netns $$',
    'addr add $address/22 brd + dev eth0',
    'link set eth0 up',
    'route add default via $gateway dev eth0',
    'end',
    'addr replace $gateway/22 brd + dev $bridge',
    'link set $bridge up',
    'link set $link master $bridge',
    'link set $link type bridge_slave hairpin on isolated on',
    'link set $link up',
    'end2',
    `else ${whole}; fi`,
  ];
}
