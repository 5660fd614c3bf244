import {describe, expect, test} from 'vitest';
import type {Plan, SwitchOperation} from '../../../src/engine/planner/plan.ts';
import {planRelease} from '../../../src/engine/planner/plan-release.ts';
import {isLeaving, isListed, releasesNow, standsBy} from '../../../src/engine/planner/releases.ts';
import {splitOf, weightsOf} from '../../../src/engine/planner/split-weights.ts';
import type {Service, UpdatePolicy} from '../../../src/engine/spec/stack.ts';
import type {ReleaseRecord} from '../../../src/engine/state/lock-file.ts';
import {applied, containers, plan, told} from './planning.ts';
import {atomsOf} from './simulate.ts';
import {port, service, stack, type World} from './world.ts';

const policy = (update: Partial<UpdatePolicy>): Pick<Service, 'update'> => ({
  update: {strategy: 'rolling', maxSurge: 1, maxUnavailable: 0, ...update},
});
const blueGreen = policy({strategy: 'blue-green'});
const steps = [
  {weight: 10, pauseMs: 1000},
  {weight: 50, pauseMs: 1000},
];
const canary = policy({strategy: 'canary', steps});
const image = (version: string): Pick<Service, 'image'> => ({image: {kind: 'reference', reference: `web:${version}`}});
const switches = ({operations}: Plan) => operations.filter((one): one is SwitchOperation => one.kind === 'switch');
const web = (version: string, more: Partial<Service> = {}) =>
  service('web', {replicas: 2, ...blueGreen, ...more, ...image(version)});

describe('blue-green', () => {
  test('all new replicas are created beside the old ones, then one switch that waits for them all', () => {
    const next = plan(applied(stack(web('1'))), stack(web('2')));
    const created = containers(next);
    expect(created.map(({how, action, staged, previous}) => ({how, action, staged, previous}))).toEqual([
      {how: 'create', action: 'replace', staged: true, previous: []},
      {how: 'create', action: 'replace', staged: true, previous: []},
    ]);
    const [turn] = switches(next);
    expect(turn).toMatchObject({services: ['web'], strategy: 'blue-green', steps: [], weight: 0, promote: 'auto'});
    expect(turn!.to).toHaveLength(2);
    expect(turn!.from.map(({replica}) => replica)).toEqual([1, 2]);
    expect(turn!.after).toEqual(created.map(({id}) => id).sort());
    expect(next.summary.replace).toBe(2);
    expect(next.summary.update).toBe(0);
    expect(next.interruption).toEqual([]);
  });

  test('the first deploy needs no switch', () => {
    const world = applied(stack(web('1')));
    expect(
      containers(plan({...world, hosts: world.hosts.map(one => ({...one, containers: []}))}, stack(web('1')))),
    ).toHaveLength(2);
    expect(
      switches(plan({...world, hosts: world.hosts.map(one => ({...one, containers: []}))}, stack(web('1')))),
    ).toEqual([]);
  });

  test('services of one stack share a switch; what needs them, and is not in it, comes after it', () => {
    const of = (version: string) =>
      stack(
        web(version),
        service('api', {...blueGreen, needs: ['web'], image: {kind: 'reference', reference: `api:${version}`}}),
        service('tail', {needs: ['api'], image: {kind: 'reference', reference: `tail:${version}`}}),
      );
    const next = plan(applied(of('1')), of('2'));
    expect(switches(next).map(({services}) => services)).toEqual([['web', 'api']]);
    const tail = containers(next).find(one => one.service === 'tail')!;
    expect(tail.after).toContain('switch:web+api');
  });

  test('a new replica more is switched together with the others', () => {
    const [turn] = switches(plan(applied(stack(web('1')), 'h1', 'h2', 'h3'), stack(web('2', {replicas: 3}))));
    expect(turn!.to).toHaveLength(3);
    expect(turn!.from).toHaveLength(2);
  });

  test('what held a port before is replaced one after another this time, and that is told', () => {
    const before = applied(stack(web('1', {...policy({}), ports: [port(80)]})));
    const next = plan(before, stack(web('2', {ports: [port(80)]})));
    expect(switches(next)).toEqual([]);
    expect(next.warnings.join()).toContain(
      'web is not released by a switch this time: port 80 can be held by one container',
    );
  });
});

test('release: atomic switches rolling services, too, at once', () => {
  const of = (version: string) => ({
    ...stack(web(version, policy({})), service('api', {image: {kind: 'reference', reference: `api:${version}`}})),
    release: 'atomic' as const,
  });
  expect(switches(plan(applied(of('1')), of('2'))).map(({services}) => services)).toEqual([['web', 'api']]);
});

test('a canary has a switch of its own, with its steps', () => {
  const of = (version: string) =>
    stack(
      web(version, canary),
      service('api', {...blueGreen, image: {kind: 'reference', reference: `api:${version}`}}),
    );
  const next = plan(applied(of('1')), of('2'));
  expect(switches(next).map(one => [one.services, one.steps])).toEqual([
    [['api'], []],
    [['web'], steps],
  ]);
  expect(told(next)).toContain(
    `update switch@${switches(next)[1]!.host}: 10% for 1s, 50% for 1s, then all at once, then the old ones stop`,
  );
});

/** An apply of version 2 that got as far as its new replicas, and what it had written down. */
function midway(update: Pick<Service, 'update'>, record: Partial<ReleaseRecord>): World {
  const before = applied(stack(web('1', update)));
  const next = plan(before, stack(web('2', update)));
  const [turn] = switches(next);
  const world = containers(next)
    .flatMap(one => atomsOf(one, next))
    .reduce<World>((state, atom) => atom(state), before);
  const release: ReleaseRecord = {
    strategy: turn!.strategy,
    since: '2026-01-01T00:00:00Z',
    weight: 0,
    phase: 'running',
    together: [],
    new: turn!.to,
    old: turn!.from,
    ...record,
  };
  return {...world, lock: {...world.lock!, releases: {web: release}}};
}

describe('an apply that finds a release', () => {
  test('goes on with a canary that was cut short, at the step it had reached', () => {
    const world = midway(canary, {weight: 50, step: 2, steps: 2});
    const next = plan(world, stack(web('2', canary)));
    expect(containers(next).map(({how, staged}) => ({how, staged}))).toEqual([
      {how: 'start', staged: true},
      {how: 'start', staged: true},
    ]);
    expect(switches(next)[0]).toMatchObject({weight: 50, steps: [steps[1]], stepsBefore: 1});
    expect(switches(next)[0]!.from).toHaveLength(2);
    expect(next.warnings.join()).toContain('goes on with the release of web');
  });

  test('leaves one that is open as it is, and says how it is ended', () => {
    const manual = policy({strategy: 'blue-green', promote: 'manual'});
    const world = midway(manual, {phase: 'open'});
    const next = plan(world, stack(web('2', manual)));
    expect(containers(next)).toEqual([]);
    expect(switches(next)).toEqual([]);
    expect(next.warnings.join()).toContain('niyanta release promote or abort');
  });

  test('replaces an open one by a newer version: what serves is switched from, what waited is removed', () => {
    const manual = policy({strategy: 'blue-green', promote: 'manual'});
    const world = midway(manual, {phase: 'open'});
    const record = world.lock!.releases!.web!;
    const next = plan(world, stack(web('3', manual)));
    const [turn] = switches(next);
    expect(turn!.from.map(({id}) => id).sort()).toEqual(record.old.map(({id}) => id).sort());
    const removed = containers(next).filter(({how}) => how === 'delete');
    expect(removed.map(({previous}) => previous[0]!.id).sort()).toEqual(record.new.map(({id}) => id).sort());
    expect(next.warnings.join()).toContain('replaces the open release of web');
  });

  test('of the version before removes the new replicas, and switches nothing', () => {
    const world = midway(canary, {weight: 10});
    const record = world.lock!.releases!.web!;
    const next = plan(world, stack(web('1', canary)));
    expect(switches(next)).toEqual([]);
    const removed = containers(next).filter(({how}) => how === 'delete');
    expect(removed.map(({previous}) => previous[0]!.id).sort()).toEqual(record.new.map(({id}) => id).sort());
  });
});

describe('the end of a release', () => {
  const input = (world: World) => ({
    project: 'project',
    environment: 'default',
    serial: world.serial,
    lock: world.lock!,
    observed: world.hosts,
    options: {maxUnreachable: 0},
  });

  test('promote is one switch to the new ones, abort one back to the old ones', () => {
    const world = midway(canary, {weight: 10});
    const record = world.lock!.releases!.web!;
    const promote = switches(planRelease(input(world), 'promote', ['web']))[0]!;
    expect([promote.to, promote.from, promote.back]).toEqual([record.new, record.old, undefined]);
    const abort = switches(planRelease(input(world), 'abort', ['web']))[0]!;
    expect([abort.to, abort.from, abort.back, abort.weight]).toEqual([record.old, record.new, true, 10]);
  });
});

describe('who is listed', () => {
  const record = {
    strategy: 'canary',
    since: '2026-01-01T00:00:00Z',
    phase: 'running',
    together: [],
    new: [{host: 'h1', id: 'b', service: 'web', replica: 1, address: '10.0.0.2'}],
    old: [{host: 'h1', id: 'a', service: 'web', replica: 1, address: '10.0.0.1'}],
  } as const;
  const at = (weight: number) => ({releases: {web: {...record, weight}}});

  test.each([
    [0, true, false],
    [50, true, false],
    [100, false, true],
  ])('at %i%% old: %s, new: %s', (weight, old, fresh) => {
    expect(isListed(at(weight), {id: 'a', service: 'web'})).toBe(old);
    expect(isListed(at(weight), {id: 'b', service: 'web'})).toBe(fresh);
    expect(standsBy(at(weight), {id: 'b', service: 'web'})).toBe(!fresh);
    expect(isLeaving(at(weight), {id: 'a', service: 'web'})).toBe(!old);
  });

  test('a release of which one side is gone is over', () => {
    expect(releasesNow(at(0).releases, (_, id) => id === 'a')).toBeUndefined();
    expect(releasesNow(at(0).releases, () => true)).toEqual(at(0).releases);
    expect(splitOf('web', at(100).releases.web)).toBeUndefined();
  });
});

test.each([
  [10, 3, 3, 1, 9],
  [50, 3, 3, 1, 1],
  [10, 1, 3, 1, 3],
  [25, 2, 1, 1, 6],
  [1, 1, 1, 1, 99],
])('%i%% to %i new ones beside %i old ones: weights %i and %i', (weight, fresh, old, mine, theirs) => {
  const ids = (side: string, count: number) => Array.from({length: count}, (_, index) => `${side}${index}`);
  const all = [...ids('new', fresh), ...ids('old', old)];
  const weights = weightsOf(all, {service: 'web', fresh: new Set(ids('new', fresh)), weight, sticky: false});
  expect([weights.get('new0'), weights.get('old0')]).toEqual([mine, theirs]);
});
