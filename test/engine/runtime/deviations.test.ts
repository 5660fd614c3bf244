import {describe, expect, test} from 'vitest';
import {parseTranslation, ruleDeviations} from '../../../src/engine/runtime/deviations/forwarding.ts';
import {
  type LimitsInForce,
  limitDeviations,
  limitLines,
  parseLimits,
} from '../../../src/engine/runtime/deviations/limits.ts';
import {type Device, linkDeviations, parseDevices} from '../../../src/engine/runtime/deviations/links.ts';
import {parseChangedConfigs} from '../../../src/engine/runtime/deviations/recorded-config.ts';
import {sampleSpec} from './sample-spec.ts';

const spec = sampleSpec({
  ports: [{host: 8088, container: 8080, protocol: 'tcp'}],
  resources: {cpu: 0.5, memory: 64 * 1024 * 1024},
});
const {id, network} = spec;

describe('limits', () => {
  const v1 = '/sys/fs/cgroup/memory/niyanta/a-1';
  const cpu1 = '/sys/fs/cgroup/cpu/niyanta/a-1';
  const v2 = '/sys/fs/cgroup/niyanta/a-1';
  test.each<[string, string[], LimitsInForce | undefined]>([
    [
      'cgroup v1',
      [`${v1}/memory.limit_in_bytes:67108864`, `${cpu1}/cpu.cfs_quota_us:50000`, `${cpu1}/cpu.cfs_period_us:100000`],
      {memory: 67108864, cpu: 0.5},
    ],
    [
      'cgroup v1 without limits',
      [
        `${v1}/memory.limit_in_bytes:9223372036854771712`,
        `${cpu1}/cpu.cfs_quota_us:-1`,
        `${cpu1}/cpu.cfs_period_us:100000`,
      ],
      {memory: 'none', cpu: 'none'},
    ],
    ['cgroup v2', [`${v2}/memory.max:67108864`, `${v2}/cpu.max:150000 100000`], {memory: 67108864, cpu: 1.5}],
    ['cgroup v2 without limits', [`${v2}/memory.max:max`, `${v2}/cpu.max:max 100000`], {memory: 'none', cpu: 'none'}],
    ['a host without the cpu controller', [`${v2}/memory.max:4096`], {memory: 4096, cpu: undefined}],
    ['nothing', [], undefined],
  ])('in force are read on %s', (_, lines, expected) => {
    expect(parseLimits(lines).get('a-1')).toEqual(expected);
  });

  test.each<[string, object, LimitsInForce, [string, unknown, unknown][]]>([
    ['as asked for', {cpu: 0.5, memory: 67108864}, {cpu: 0.5, memory: 67108864}, []],
    ['rounded to pages', {memory: 67108999}, {memory: 67108864, cpu: 'none'}, []],
    ['none, as asked for', {}, {cpu: 'none', memory: 'none'}, []],
    ['not to be seen', {cpu: 1, memory: 67108864}, {}, []],
    ['raised', {cpu: 0.5}, {cpu: 2, memory: 'none'}, [['resources.cpu', 2, 0.5]]],
    ['taken away', {memory: 67108864}, {cpu: 'none', memory: 'none'}, [['resources.memory', 'none', 67108864]]],
    ['set where there was none', {}, {cpu: 1, memory: 'none'}, [['resources.cpu', 1, 'none']]],
  ])('%s', (_, resources, inForce, expected) => {
    expect(limitDeviations(resources, inForce).map(({path, from, to}) => [path, from, to])).toEqual(expected);
  });

  test('are written to the files of either cgroup version', () => {
    expect(limitLines('a-1', {cpu: 0.5, memory: 67108864}).join('\n')).toMatchInlineSnapshot(`
      "if [ -e /sys/fs/cgroup/cpu/niyanta/a-1/cpu.cfs_quota_us ]; then
        echo 100000 >/sys/fs/cgroup/cpu/niyanta/a-1/cpu.cfs_period_us
        echo 50000 >/sys/fs/cgroup/cpu/niyanta/a-1/cpu.cfs_quota_us
      elif [ -e /sys/fs/cgroup/niyanta/a-1/cpu.max ]; then
        echo '50000 100000' >/sys/fs/cgroup/niyanta/a-1/cpu.max
      fi
      if [ -e /sys/fs/cgroup/memory/niyanta/a-1/memory.limit_in_bytes ]; then
        echo 67108864 >/sys/fs/cgroup/memory/niyanta/a-1/memory.limit_in_bytes
      elif [ -e /sys/fs/cgroup/niyanta/a-1/memory.max ]; then
        echo 67108864 >/sys/fs/cgroup/niyanta/a-1/memory.max
      fi"
    `);
    expect(limitLines('a-1', {}).filter(line => line.includes('echo'))).toMatchInlineSnapshot(`
      [
        "  echo 100000 >/sys/fs/cgroup/cpu/niyanta/a-1/cpu.cfs_period_us",
        "  echo -1 >/sys/fs/cgroup/cpu/niyanta/a-1/cpu.cfs_quota_us",
        "  echo 'max 100000' >/sys/fs/cgroup/niyanta/a-1/cpu.max",
        "  echo -1 >/sys/fs/cgroup/memory/niyanta/a-1/memory.limit_in_bytes",
        "  echo max >/sys/fs/cgroup/niyanta/a-1/memory.max",
      ]
    `);
  });
});

describe('links', () => {
  const bridge: Device = {name: network.bridge, up: true};
  const end: Device = {name: 'veth1', up: true, bridge: network.bridge, namespace: id};
  test('are read from what ip prints, with names and without', () => {
    expect(
      parseDevices([
        '3: nybbcfee53: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 72:7a:01:89:30:c9',
        `4: vethd2a4b072@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master nybbcfee53 state UP mode DEFAULT group default \\    link/ether b2:11:92:26:7d:51 brd ff:ff:ff:ff:ff:ff link-netns ${id}`,
        '5: veth0@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN \\    link/ether b2:11:92:26:7d:52 link-netnsid 4',
      ]),
    ).toEqual([
      {name: 'nybbcfee53', up: true, bridge: undefined, namespace: undefined},
      {name: 'vethd2a4b072', up: true, bridge: 'nybbcfee53', namespace: id},
      {name: 'veth0', up: false, bridge: undefined, namespace: undefined},
    ]);
  });

  const whole = {devices: [bridge, end], hasAddress: true, hasGateway: true};
  test.each<[string, Partial<typeof whole>, string[]]>([
    ['as made', {}, []],
    ['without address', {hasAddress: false}, ['address removed']],
    ['without bridge', {devices: [{...end, bridge: undefined}]}, ['bridge deleted']],
    ['with its bridge down', {devices: [{...bridge, up: false}, end]}, ['bridge down']],
    ['with a bridge without address', {hasGateway: false}, ["bridge's address removed"]],
    ['off its bridge', {devices: [bridge, {...end, bridge: undefined}]}, ['taken off its bridge']],
    ['on another bridge', {devices: [bridge, {...end, bridge: 'br0'}]}, ['taken off its bridge']],
    ['down', {devices: [bridge, {...end, up: false}]}, ['link down']],
    ['with a namespace without a name, which is told elsewhere', {devices: [bridge]}, []],
  ])('%s', (_, seen, expected) => {
    expect(linkDeviations(id, network, {...whole, ...seen}).map(({what}) => what)).toEqual(expected);
  });
});

describe('what the host translates', () => {
  const rules = [
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    `-A POSTROUTING -s ${network.subnet} ! -d 224.0.0.0/4 ! -o ${network.bridge} -m comment --comment "niyanta ${network.bridge}" -j MASQUERADE`,
    `-A CNI-DN-a -p tcp -m tcp --dport 8088 -j DNAT --to-destination ${network.address}:8080`,
    `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"${network.bridge}\\" id: \\"${id}\\"" -m multiport --dports 8088 -j CNI-DN-a`,
    'COMMIT',
  ];
  const without = (text: string) => rules.filter(line => !line.includes(text));
  const port = ['port 8088 not forwarded'];
  test.each<[string, readonly string[], string[]]>([
    ['all of it', rules, []],
    ['a flushed chain', without('-A CNI-DN-a'), port],
    ['a chain that nothing leads to', without('-A CNI-HOSTPORT-DNAT'), port],
    ['a table that packets do not enter', without('PREROUTING'), port],
    ['another address', rules.map(line => line.replace(`${network.address}:`, '10.0.0.9:')), port],
    ['no masquerading', without('MASQUERADE'), ['no way out: its network is not masqueraded']],
  ])('%s', (_, lines, expected) => {
    expect(ruleDeviations(spec, parseTranslation(lines)!).map(({what}) => what)).toEqual(expected);
  });

  test('no answer is not no rule', () => {
    expect(parseTranslation([])).toBeUndefined();
    expect(parseTranslation(without('COMMIT'))).toBeUndefined();
  });

  test('chains are known by the container that publishes through them', () => {
    expect(parseTranslation(rules)!.chains.get(id)).toEqual({bridge: network.bridge, chains: ['CNI-DN-a']});
  });
});

test('configs that are others than they were made with are told by their ids alone', () => {
  const folder = '/run/containerd/io.containerd.runtime.v2.task/niyanta';
  expect(
    parseChangedConfigs([
      `${folder}/shop-default-web-1-1a2b3c/config.json: FAILED`,
      '/etc/passwd: FAILED',
      `${folder}/a/b/config.json: FAILED`,
      'md5sum: WARNING: 1 computed checksum did NOT match',
    ]),
  ).toEqual(new Set(['shop-default-web-1-1a2b3c']));
});
