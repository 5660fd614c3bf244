import {expect, test} from 'vitest';
import {inverseOf, runInverse} from '../../../src/engine/executor/inverse.ts';
import {operationTitle} from '../../../src/engine/executor/titles.ts';
import {trafficOf} from '../../../src/engine/executor/traffic-before.ts';
import type {NetworkOperation} from '../../../src/engine/planner/plan.ts';
import type {HostNetwork} from '../../../src/engine/runtime/host-network.ts';
import {noReleases, SimulatedHosts, specOf} from './simulated-hosts.ts';

const [small, large]: HostNetwork[] = [1350, 1450].map(mtu => ({bridge: 'ny1', subnet: '10.89.0.0/24', mtu}));
const operation = (given: Partial<NetworkOperation>): NetworkOperation => ({
  id: 'network:h1',
  kind: 'network',
  action: 'update',
  host: 'h1',
  reason: '',
  changes: [],
  after: [],
  bridge: 'ny1',
  ...given,
});
const nothing = () => undefined;

test.each<[string, NetworkOperation, object, string]>([
  [
    'made',
    operation({action: 'create', network: large}),
    {do: 'disconnect-network', host: 'h1', bridge: 'ny1'},
    'connect',
  ],
  [
    'changed',
    operation({network: small, before: large}),
    {do: 'connect-network', host: 'h1', network: large},
    'connect',
  ],
  [
    'taken away',
    operation({action: 'delete', before: large}),
    {do: 'connect-network', host: 'h1', network: large},
    'disconnect',
  ],
])('a network that was %s is taken back to what the host had', (_, one, inverse, verb) => {
  expect(inverseOf(one, nothing)).toEqual([inverse]);
  expect(operationTitle(one)).toBe(`${verb} network on h1`);
});

test('a container is removed although another host cannot be told of it; that is an error all the same', async () => {
  const hosts = new SimulatedHosts();
  const [gone, stays] = [specOf('web', 1, 'h1', 'a'), specOf('web', 2, 'h2', 'a')];
  for (const spec of [gone, stays]) hosts.run(spec);
  hosts.before = action => {
    if (action === 'names h2') throw new Error('h2 does not answer');
  };
  const ledger = trafficOf([], {...noReleases, present: hosts.present(), actions: hosts});
  const inverse = [{do: 'remove-container', host: 'h1', id: gone.id, specHash: ''} as const];
  await expect(runInverse(inverse, {actions: hosts, ledger, keepCreated: false})).rejects.toThrow('h2 does not answer');
  expect([...hosts.containers.keys()]).toEqual([`h2/${stays.id}`]);
});
