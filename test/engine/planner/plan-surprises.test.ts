import {expect, test} from 'vitest';
import {planDestroy} from '../../../src/engine/planner/plan-destroy.ts';
import type {PlanInput} from '../../../src/engine/planner/plan-input.ts';
import type {ObservedContainer} from '../../../src/engine/runtime/observed.ts';
import {applied, containers, meddled, plan, shop, told} from './planning.ts';
import {applyAll, onContainer, onHost, remove} from './simulate.ts';
import {container, emptyWorld, factsOf, host, planInput, port, service, stack} from './world.ts';

test.each<[string, (one: ObservedContainer) => ObservedContainer, string, string]>([
  [
    'stopped',
    one => ({...one, task: 'stopped', exitCode: 137, names: []}),
    'stopped',
    'start web-1@h1: it has stopped',
  ],
  ['paused', one => ({...one, task: 'paused'}), 'paused', 'start web-1@h1: someone paused it'],
  [
    'cut off',
    one => ({...one, deviations: [{aspect: 'link', what: 'bridge deleted'}]}),
    'bridge deleted',
    'update repair@h1: someone changed it: bridge deleted',
  ],
  ['renamed', one => ({...one, names: ['x 10.0.0.9']}), 'names changed', 'update names@h1: names in web 1 differ'],
  [
    'without manifest',
    one => ({...one, manifest: undefined}),
    'manifest removed',
    'replace web-1@h1: someone removed its manifest',
  ],
])('someone else left a container %s: told as drift, and repaired', (_, change, what, repair) => {
  const desired = stack(service('web'));
  const repaired = plan(meddled(applied(desired), change), desired);
  expect(repaired.drift).toEqual([{service: 'web', replica: 1, host: 'h1', what}]);
  expect(told(repaired)).toEqual([repair]);
});

test('beside one that has ended for good, and is listed until it is removed, a replacement leaves nothing to plan', () => {
  const desired = stack(service('web', {replicas: 2, restart: 'never'}));
  const world = applied(desired, 'h1');
  const [first, second] = world.hosts[0]!.containers;
  const changed = [
    onContainer('h1', first!.id, one => ({...one, manifest: undefined})),
    onContainer('h1', second!.id, one => ({...one, task: 'stopped', exitCode: 0, names: []})),
  ].reduce((state, change) => change(state), world);
  const change = plan(changed, desired);
  expect(told(change)).toEqual(['replace web-1@h1: someone removed its manifest']);
  expect(plan(applyAll(changed, change), desired).operations).toEqual([]);
});

test('a container that someone removed starts again on its host', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const [victim] = world.hosts[1]!.containers;
  const repaired = plan(remove('h2', victim!.id)(world), desired);
  expect(repaired.drift).toEqual([{service: 'web', replica: 2, host: 'h2', what: 'removed'}]);
  expect(told(repaired)).toEqual(['create web-2@h2: someone removed it']);
});

test('a job that has ended is not run again', () => {
  const desired = stack(service('job', {restart: 'never'}));
  const ended = meddled(applied(desired), one => ({...one, task: 'stopped', exitCode: 1, names: []}));
  expect(plan(ended, desired)).toMatchObject({operations: [], drift: []});
});

test('what was stopped on purpose stays stopped, and the plan says so', () => {
  const desired = stack(service('web'));
  const world = meddled(applied(desired), one => ({
    ...one,
    task: 'stopped',
    names: [],
    manifest: {...one.manifest!, stopped: true},
  }));
  const stopped = {...world, lock: {...world.lock!, stopped: ['web']}};
  expect(plan(stopped, desired)).toMatchObject({
    operations: [],
    drift: [],
    warnings: ['web was stopped on purpose and stays so (niyanta start web runs it)'],
  });
  expect(plan(stopped, stack(service('web', {env: {A: '1'}}))).warnings[0]).toContain('its changes wait until then');
});

test('leftovers of a killed update are removed once the new one is healthy', () => {
  const desired = stack(service('web'));
  const world = applied(desired);
  const [own] = world.hosts[0]!.containers;
  const spec = {
    ...own!.manifest!.spec,
    id: 'older',
    env: {A: '0'},
    network: {...own!.manifest!.spec.network, address: '10.89.0.99'},
  };
  const killed = onHost('h1', one => ({...one, containers: [...one.containers, container(spec)]}))(world);
  const change = plan(killed, desired);
  expect(told(change)).toEqual([
    'start web-1@h1: finishes an interrupted update',
    'delete web-1@h1: left over from an interrupted update',
  ]);
  expect(change.operations[1]!.after).toEqual([change.operations[0]!.id]);
});

test("other environments' containers and strangers are never touched", () => {
  const world = applied(stack(service('web')));
  const [own] = world.hosts[0]!.containers;
  const other = {...own!.manifest!.spec, id: 'theirs', environment: 'staging'};
  const crowded = onHost('h1', one => ({
    ...one,
    containers: [
      ...one.containers,
      container(other),
      {id: 'stranger', task: 'running', restarts: 0, networkUp: false, names: []},
    ],
  }))(world);
  expect(plan(crowded, stack(service('web'))).operations).toEqual([]);
  expect(containers(plan(crowded, stack())).map(({previous}) => previous[0]!.id)).toEqual([own!.id]);
});

test('an unreachable host is refused, or left out with what it has', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const observed = [world.hosts[0]!, {host: 'h2', reachable: false as const, error: 'timed out'}];
  expect(() => plan(world, desired, {observed})).toThrow(expect.objectContaining({code: 'host-unreachable'}));
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: Number.POSITIVE_INFINITY};
  const left = plan(world, desired, {observed, options});
  // Others are not sent to a replica that may be dead, while another one answers.
  expect(told(left)).toEqual(['update names@h1: names in web 1 differ']);
  expect(left.warnings.join()).toContain('web 2 is on h2, which is unreachable');
});

test('more unreachable hosts than may be left out are refused, with how many may be', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const observed = ['h1', 'h2'].map(host => ({host, reachable: false as const, error: 'timed out'}));
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: 1};
  expect(() => plan(world, desired, {observed, options})).toThrow(
    '2 hosts are unreachable, and at most 1 may be left out',
  );
});

test('what has no volume may be started elsewhere while its host is silent, and only one of both stays afterwards', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const observed = [world.hosts[0]!, {host: 'h2', reachable: false as const, error: 'timed out'}];
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: 1, moveLost: true};
  expect(told(plan(world, desired, {observed, options}))).toContain(
    'create web-2@h1: host h2 is unreachable: it runs here from now on',
  );
});

test.each([
  ['wait', [undefined], false],
  ['reschedule', ['reschedule'], true],
  ['one of two waits', ['reschedule', undefined], false],
] as const)('what has volumes whose data may be lost is started elsewhere, and it is said: %s', (_, rules, moves) => {
  const volumes = rules.map((onLost, index) => ({name: `v${index}`, ...(onLost && {onLost})}));
  const mounts = volumes.map(({name}) => ({volume: name, target: `/${name}`, readOnly: false}));
  const desired = {...stack(service('web', {volumes: mounts})), volumes};
  const world = applied(desired);
  const lost = world.hosts.find(({containers: there}) => there.length > 0)!.host;
  const other = world.hosts.find(({host}) => host !== lost)!;
  const observed = [other, {host: lost, reachable: false as const, error: 'timed out'}];
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: 1, moveLost: true};
  const change = plan(world, desired, {observed, options});
  const moved = `create web-1@${other.host}: host ${lost} is unreachable: it runs here from now on`;
  const said = `web 1 starts on ${other.host} without the data of its volume v0, which stays on ${lost} (onLost: reschedule)`;
  expect(told(change).includes(moved)).toBe(moves);
  expect(change.warnings.includes(said)).toBe(moves);
  expect(change.warnings.some(text => text.includes('neither changed nor moved'))).toBe(!moves);
});

test('a container that runs and is unhealthy is replaced when that is asked for, and no other one', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const [sick] = world.hosts[0]!.containers;
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: 0, unhealthy: [sick!.id, 'gone']};
  expect(told(plan(world, desired, {options}))).toEqual([
    expect.stringMatching(/^replace web-\d@h1: it is unhealthy$/),
  ]);
});

test('a host that is back from quarantine is told of, with since when it was away', () => {
  const desired = stack(service('web', {replicas: 2}));
  const world = applied(desired);
  const since = '2026-11-21T10:00:00Z';
  const lock = {...world.lock!, quarantine: {h2: {since}}};
  expect(plan({...world, lock}, desired).warnings).toEqual([
    `host h2 answers again; it was in quarantine since ${since}, and catches up now`,
  ]);
});

test('--target changes one service, and starts what it needs that is missing', () => {
  const world = applied(shop);
  const db = world.hosts[0]!.containers.find(one => one.manifest!.spec.service === 'db')!;
  const changed = stack(...shop.services.map(one => ({...one, env: {A: '1'}})));
  const options: PlanInput['options'] = {purpose: 'apply', maxUnreachable: 0, targets: ['backend']};
  expect(told(plan(remove('h1', db.id)(world), changed, {options}))).toEqual([
    'create db-1@h1: someone removed it',
    'replace backend-1@h2: env.A changed',
    'replace backend-2@h1: env.A changed',
  ]);
  const wrong: PlanInput['options'] = {...options, targets: ['nobody']};
  expect(() => plan(world, shop, {options: wrong})).toThrow(expect.objectContaining({code: 'unknown-service'}));
});

test('a published port that another process holds is told before anything changes', () => {
  const busy = onHost('h1', one => ({
    ...one,
    facts: factsOf('h1', {listening: [{protocol: 'tcp', address: '0.0.0.0', port: 80, process: 'nginx'}]}),
  }))(emptyWorld('h1'));
  expect(() => plan(busy, stack(service('web', {ports: [port(80)]})))).toThrow(
    expect.objectContaining({
      code: 'unplaceable',
      message: expect.stringContaining('h1: port 80/tcp is taken by nginx'),
    }),
  );
});

test('subnets keep clear of routes, other environments and other hosts', () => {
  const world = onHost('h1', one => ({...one, facts: factsOf('h1', {routes: ['0.0.0.0/0', '10.89.0.0/23']})}))(
    emptyWorld('h1', 'h2'),
  );
  const change = plan(world, stack(service('web', {replicas: 2})), {takenSubnets: ['10.89.2.0/24']});
  expect(change.subnets).toEqual({h1: '10.89.3.0/24', h2: '10.89.4.0/24'});
  expect(containers(change).map(({spec}) => spec!.network.address)).toEqual(['10.89.3.2', '10.89.4.2']);
});

test('a lost lock file renumbers nothing', () => {
  const world = applied(shop);
  expect(plan({...world, lock: undefined}, shop).operations).toEqual([]);
});

test('the fingerprint moves with what was observed, and with nothing that moves by itself', () => {
  const world = applied(shop);
  const was = plan(world, shop).fingerprint;
  expect(
    plan(
      meddled(world, one => ({...one, pid: 77, restarts: 3})),
      shop,
    ).fingerprint,
  ).toBe(was);
  expect(
    plan(
      meddled(world, one => ({...one, task: 'stopped'})),
      shop,
    ).fingerprint,
  ).not.toBe(was);
  expect(plan(onHost('h2', one => ({...one, drained: true}))(world), shop).fingerprint).not.toBe(was);
});

test('destroy removes callers before what they need, and volumes only when asked, last', () => {
  const world = applied(shop);
  const destroy = planDestroy(planInput(world, shop), {volumes: false});
  expect(containers(destroy).map(one => one.service)).toEqual(['web', 'backend', 'backend', 'db']);
  expect(destroy.warnings[0]).toContain('volumes are kept');
  const all = planDestroy(planInput(world, shop), {volumes: true});
  expect(all.operations.at(-1)).toMatchObject({kind: 'volume', action: 'delete', volume: 'rows', host: 'h1'});
  expect(all.operations.at(-1)!.after).toHaveLength(2);
});

test('a drain written in niyanta.yaml counts as well', () => {
  const change = plan(emptyWorld('h1', 'h2'), stack(service('web')), {hosts: [host('h1', {drain: true}), host('h2')]});
  expect(change.placements).toMatchObject([{host: 'h2', rejected: [{host: 'h1', reason: 'in drain'}]}]);
});
