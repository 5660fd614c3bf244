import {describe, expect, test} from 'vitest';
import type {NetworkOperation, Plan} from '../../../src/engine/planner/plan.ts';
import {planDestroy} from '../../../src/engine/planner/plan-destroy.ts';
import type {PlanInput} from '../../../src/engine/planner/plan-input.ts';
import type {ReachableHost} from '../../../src/engine/runtime/observed.ts';
import {applied, plan, told} from './planning.ts';
import {applyAll, onHost} from './simulate.ts';
import {emptyWorld, factsOf, host, planInput, service, stack, type World} from './world.ts';

const web = (replicas: number) => stack(service('web', {replicas}));
const networks = ({operations}: Plan) =>
  operations.filter((one): one is NetworkOperation => one.kind === 'network').map(one => one);
const network = (of: Plan, on: string) => networks(of).find(one => one.host === on)?.network;
const changeNetwork = (
  name: string,
  change: (one: ReachableHost['networks'][number]) => object,
): ((world: World) => World) =>
  onHost(name, one => ({...one, networks: one.networks.map(it => ({...it, ...change(it)}))}));
const address = (name: string, given: string, mtu = 1500) =>
  onHost(name, one => ({
    ...one,
    facts: factsOf(name, {addresses: [{address: given, device: 'eth0', mtu}], defaultAddress: given}),
  }));

test('an environment on two hosts has each as the peer of the other, before any container starts', () => {
  const first = plan(emptyWorld('h1', 'h2', 'h3'), web(2));
  expect(network(first, 'h1')).toEqual({
    bridge: 'ny00000001',
    subnet: '10.89.0.0/24',
    mtu: 1450,
    overlay: {
      device: 'nv00000001',
      vni: 77,
      address: '10.0.0.1',
      mac: 'mac-of-10.89.0.0',
      port: 4789,
      peers: [{host: 'h2', address: '10.0.0.2', subnet: '10.89.1.0/24', mac: 'mac-of-10.89.1.0'}],
    },
  });
  expect(network(first, 'h2')!.overlay!.peers.map(one => one.host)).toEqual(['h1']);
  expect(network(first, 'h3')).toBeUndefined();
  const [one] = first.operations.filter(({kind}) => kind === 'container');
  expect(one!.after).toContain('network:h1');
});

test('alone on a host nobody is joined, others are kept out, and no address of the host is asked for', () => {
  const world = onHost('h1', one => ({...one, facts: factsOf('h1', {addresses: [], defaultAddress: undefined})}))(
    emptyWorld('h1'),
  );
  expect(network(plan(world, web(2)), 'h1')).toEqual({bridge: 'ny00000001', subnet: '10.89.0.0/24', mtu: 1450});
});

describe('of a network as it was applied', () => {
  const world = applied(web(2));
  test.each<[string, (world: World) => World, string[]]>([
    ['nothing is changed when nothing changed', one => one, []],
    [
      'a device that is missing is made again',
      changeNetwork('h2', () => ({wrong: ['device nv is missing']})),
      ['update network@h2: device nv is missing'],
    ],
    [
      'another address of a host is told to its peers',
      address('h2', '10.0.9.9'),
      ['update network@h1: address of h2 changed', 'update network@h2: its address changed'],
    ],
    [
      'a smaller link makes all packets smaller',
      address('h2', '10.0.0.2', 1400),
      ['update network@h1: packets may have 1350 bytes', 'update network@h2: packets may have 1350 bytes'],
    ],
    [
      'other scripts make it anew',
      onHost('h1', one => ({...one, toolkit: 'old'})),
      [
        "update host@h1: niyanta's scripts are of another version",
        'update network@h1: made by scripts of another version',
      ],
    ],
  ])('%s', (_, change, expected) => expect(told(plan(change(world), web(2)))).toEqual(expected));

  test('what someone else changed is told as drift; what was cut short is not', () => {
    const meddled = changeNetwork('h2', () => ({wrong: ['route to h1 is missing']}))(world);
    expect(plan(meddled, web(2)).drift).toEqual([{host: 'h2', what: 'route to h1 is missing'}]);
    const cut = changeNetwork('h2', () => ({wrong: ['setting it up was cut short'], pending: true}))(world);
    expect(plan(cut, web(2))).toMatchObject({drift: [], operations: [{kind: 'network', host: 'h2'}]});
  });

  test('a third host joins before its containers start, and the first one that leaves is forgotten last', () => {
    const three = {...world, hosts: [...world.hosts, ...emptyWorld('h3').hosts]};
    const hosts = [host('h1', {drain: true}), host('h2'), host('h3')];
    const moving = plan(three, web(2), {hosts});
    expect(told(moving).filter(one => one.includes('network'))).toEqual([
      'update network@h1: h3 joins',
      'update network@h2: h3 joins',
      'create network@h3: joins its containers with those on other hosts',
      'delete network@h1: no container of this environment is left here',
      'update network@h2: h1 leaves',
      'update network@h3: h1 leaves',
    ]);
    expect(moving.operations.slice(-3).map(({kind}) => kind)).toEqual(['network', 'network', 'network']);
    const after = applyAll(three, moving);
    expect(plan(after, web(2), {hosts}).operations).toEqual([]);
    expect(after.hosts.map(one => one.networks.length)).toEqual([0, 1, 1]);
  });

  test('a host that does not answer stays a peer, and packets do not grow meanwhile', () => {
    const small = applyAll(
      address('h2', '10.0.0.2', 1400)(world),
      plan(address('h2', '10.0.0.2', 1400)(world), web(2)),
    );
    const observed: PlanInput['observed'] = small.hosts.map(one =>
      one.host === 'h2' ? {host: 'h2', reachable: false, error: 'timed out'} : one,
    );
    const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: Number.POSITIVE_INFINITY};
    expect(networks(plan(small, web(2), {observed, options}))).toEqual([]);
  });

  test('destroy takes it away from each host, after its containers', () => {
    const {operations} = planDestroy(planInput(world, web(2)), {volumes: false});
    const [last] = operations.filter(({kind, host: on}) => kind === 'network' && on === 'h2');
    expect(last).toMatchObject({action: 'delete', bridge: 'ny00000001', before: {subnet: '10.89.1.0/24'}});
    expect(last!.after).toEqual([expect.stringMatching(/^container:h2:web-2:remove/)]);
  });
});

test('where other hosts reach a host: networkAddress, its own address, the one of its default route', () => {
  const facts = factsOf('h1', {
    addresses: ['10.0.0.1', '192.168.0.1', '172.16.0.1'].map(one => ({address: one, device: 'eth0', mtu: 1500})),
    defaultAddress: '172.16.0.1',
  });
  const world = onHost('h1', one => ({...one, facts}))(emptyWorld('h1', 'h2'));
  const from = (given: object) =>
    network(plan(world, web(2), {hosts: [host('h1', given), host('h2')]}), 'h1')?.overlay?.address;
  expect(from({address: '10.0.0.1', networkAddress: '192.168.0.1'})).toBe('192.168.0.1');
  expect(from({address: '10.0.0.1'})).toBe('10.0.0.1');
  expect(from({address: 'h1.example'})).toBe('172.16.0.1');
  expect(() => from({networkAddress: '203.0.113.5'})).toThrow(
    expect.objectContaining({code: 'network-address-unknown'}),
  );
});

test.each<[string, (world: World) => World, string]>([
  ['no address', onHost('h2', one => ({...one, facts: factsOf('h2', {addresses: []})})), 'network-address-unknown'],
  ['the same address, behind NAT', address('h2', '10.0.0.1'), 'network-address-shared'],
])('hosts that cannot reach each other are refused where they would have to: %s', (_, change, code) => {
  const world = change(emptyWorld('h1', 'h2'));
  expect(() => plan(world, web(2))).toThrow(expect.objectContaining({code}));
  expect(plan(world, web(1)).operations).not.toEqual([]);
  // One that lost its address, or got another's, leaves all the same.
  const leaving = plan(change(applied(web(2))), web(1));
  expect(told(leaving)).toContain('delete network@h2: no container of this environment is left here');
});

test('a number that another environment has on one of the hosts is passed over, and kept from then on', () => {
  const overlay = {device: 'nv2', vni: 77, address: '10.0.0.2', mac: 'm', port: 4789, peers: []};
  const other = {bridge: 'ny2', subnet: '10.89.7.0/24', mtu: 1450, overlay, wrong: [], pending: false};
  const world = onHost('h2', one => ({...one, networks: [other]}))(emptyWorld('h1', 'h2'));
  const first = plan(world, web(2));
  expect(network(first, 'h1')!.overlay!.vni).toBe(78);
  const gone = onHost('h2', one => ({...one, networks: one.networks.filter(it => it !== other)}))(
    applyAll(world, first),
  );
  expect(plan(gone, web(2)).operations).toEqual([]);
});

test('a host that has what are containers’ addresses elsewhere cannot join them', () => {
  const world = applied(web(1), 'h1', 'h2');
  const taken = onHost('h2', one => ({...one, facts: factsOf('h2', {routes: ['10.89.0.0/20']})}))(world);
  expect(() => plan(taken, web(2))).toThrow(
    expect.objectContaining({code: 'subnet-clash', message: expect.stringContaining('10.89.0.0/20')}),
  );
});
