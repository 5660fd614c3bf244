import {expect, test} from 'vitest';
import {connectNetwork} from '../../../src/engine/runtime/connect-network.ts';
import {type HostNetwork, networkText, parseNetworks} from '../../../src/engine/runtime/host-network.ts';
import {naming} from '../../../src/engine/runtime/naming.ts';

const network: HostNetwork = {
  bridge: 'ny01234567',
  subnet: '10.89.0.0/24',
  mtu: 1450,
  overlay: {
    device: 'nv01234567',
    vni: 1234567,
    address: '10.0.0.11',
    mac: '02:6e:0a:59:00:00',
    port: 4789,
    peers: [{host: 'h2', address: '10.0.0.12', subnet: '10.89.1.0/24', mac: '02:6e:0a:59:01:00'}],
  },
};
/** As `grep -H '' ./*` prints it. */
const found = (of: HostNetwork, more = '') =>
  `${networkText(of)}${more}`
    .split('\n')
    .filter(Boolean)
    .map(line => `./${of.bridge}:${line}`);
const {overlay: _, ...alone} = network;

test('a network is found as it was written', () => {
  expect(parseNetworks(found(network), [])).toEqual([{...network, wrong: [], pending: false}]);
  expect(parseNetworks(found(alone), [])).toEqual([{...alone, wrong: [], pending: false}]);
});

test('who may talk to whom goes with it, each service with its own addresses', () => {
  const policies = [
    {service: 'batch', addresses: ['10.89.0.9'], egress: 'none' as const},
    {service: 'db', addresses: ['10.89.0.2', '10.89.0.3'], from: ['10.89.0.4', '10.89.1.2'], egress: 'any' as const},
    {service: 'vault', addresses: ['10.89.0.5'], from: [], egress: 'none' as const},
  ];
  const guarded = {...network, policies};
  expect(parseNetworks(found(guarded), [])).toEqual([{...guarded, wrong: [], pending: false}]);
  expect(networkText({...alone, policies})).toBe(`subnet 10.89.0.0/24
mtu 1450
policy batch none open
at 10.89.0.9
policy db any closed
at 10.89.0.2
at 10.89.0.3
from 10.89.0.4
from 10.89.1.2
policy vault none closed
at 10.89.0.5
`);
});

test('what is wrong goes with its network; what was cut short says so; what is no network is left out', () => {
  const other = {...alone, bridge: 'ny89abcdef'};
  expect(
    parseNetworks([...found(network), ...found(other, 'pending\n')], ['ny01234567 route to h2 is missing']),
  ).toEqual([
    {...network, wrong: ['route to h2 is missing'], pending: false},
    {...other, wrong: ['setting it up was cut short'], pending: true},
  ]);
  expect(
    parseNetworks(['./ny01234567:subnet', './ny01234567.new:subnet 10.89.0.0/24', './ny01234567.new:mtu 1450'], []),
  ).toEqual([]);
});

test('the script that connects a host', () => {
  expect(connectNetwork(network).text).toBe(`set -eu
/usr/local/lib/niyanta/overlay connect ny01234567 <<'end of network'
subnet 10.89.0.0/24
mtu 1450
vxlan nv01234567 1234567 10.0.0.11 02:6e:0a:59:00:00 4789
peer h2 10.0.0.12 10.89.1.0/24 02:6e:0a:59:01:00
end of network
`);
});

test('device and number are the environment’s own', () => {
  const scope = {project: 'p', stack: 's', environment: 'default'};
  expect(naming.device(scope)).toBe(naming.bridge(scope).replace('ny', 'nv'));
  const numbers = new Set(Array.from({length: 200}, (_, n) => naming.vni({...scope, environment: `e${n}`})));
  expect(numbers.size).toBe(200);
  for (const vni of numbers) expect(vni > 0 && vni < 2 ** 24).toBe(true);
});
