import {describe, expect, test} from 'vitest';
import type {HookOperation} from '../../../src/engine/planner/plan.ts';
import type {Hook} from '../../../src/engine/spec/hooks.ts';
import {applied, plan, shop, told} from './planning.ts';
import {applyAll} from './simulate.ts';
import {container, emptyWorld, naming, service, stack, type World} from './world.ts';

const hook = (given: Partial<Hook> = {}): Hook => ({
  name: 'migrate',
  when: 'before',
  service: 'backend',
  on: ['backend'],
  command: ['migrate'],
  env: {},
  timeoutMs: 60_000,
  retries: 0,
  always: false,
  ...given,
});

const withHooks = (...hooks: Hook[]) => ({...shop, hooks});
const changed = (env: Record<string, string>, ...hooks: Hook[]) => ({
  ...withHooks(...hooks),
  services: shop.services.map(one => (one.name === 'backend' ? {...one, env} : one)),
});

const hooksOf = (of: ReturnType<typeof plan>) =>
  of.operations.filter((one): one is HookOperation => one.kind === 'hook');
const inOrder = (of: ReturnType<typeof plan>, id: RegExp, later: RegExp) => {
  const at = (pattern: RegExp) => of.operations.findIndex(one => pattern.test(one.id));
  return at(id) !== -1 && at(id) < at(later);
};

describe('a hook before a change', () => {
  test('comes after what is needed and its image, before any replica', () => {
    const first = plan(emptyWorld('h1', 'h2'), withHooks(hook()));
    const [job] = hooksOf(first);
    expect(job!.spec).toMatchObject({service: 'migrate.hook', command: ['migrate'], restart: 'never', ports: []});
    expect(job!.spec.health).toBeUndefined();
    expect(job!.spec.env).toMatchObject({
      NIYANTA_HOOK: 'migrate',
      NIYANTA_PURPOSE: 'apply',
      NIYANTA_ENVIRONMENT: 'default',
    });
    const db = first.operations.find(one => one.kind === 'container' && one.service === 'db')!;
    expect(job!.after).toContain(db.id);
    for (const one of first.operations) {
      if (one.kind === 'container' && one.service === 'backend') expect(one.after).toContain(job!.id);
    }
    expect(first.summary.create).toBe(plan(emptyWorld('h1', 'h2'), shop).summary.create);
  });

  test('runs once for a release: when the service changes, not when nothing or another one does', () => {
    const world = applied(withHooks(hook()));
    expect(told(plan(world, withHooks(hook())))).toEqual([]);
    expect(hooksOf(plan(world, changed({A: '1'}, hook())))).toHaveLength(1);
    const other = {
      ...withHooks(hook()),
      services: shop.services.map(one => (one.name === 'web' ? {...one, env: {B: '1'}} : one)),
    };
    expect(hooksOf(plan(world, other))).toEqual([]);
    expect(hooksOf(plan(world, {...other, hooks: [hook({always: true})]}))).toHaveLength(1);
    expect(hooksOf(plan(world, withHooks(hook({always: true}))))).toEqual([]);
  });

  test('does not run for one more replica of what runs', () => {
    const world = applied(withHooks(hook()));
    const more = {
      ...withHooks(hook()),
      services: shop.services.map(one => (one.name === 'backend' ? {...one, replicas: 3} : one)),
    };
    const scaled = plan(world, more);
    expect(scaled.operations.some(one => one.kind === 'container' && one.how === 'create')).toBe(true);
    expect(hooksOf(scaled)).toEqual([]);
  });

  test('recreate stops no old replica before it', () => {
    const recreating = (env: Record<string, string>) => ({
      ...stack(service('backend', {replicas: 2, env, update: {strategy: 'recreate', maxSurge: 0, maxUnavailable: 1}})),
      hooks: [hook()],
    });
    const update = plan(applied(recreating({})), recreating({A: '1'}));
    const [job] = hooksOf(update);
    const stops = update.operations.filter(one => one.kind === 'container' && one.how === 'delete');
    expect(stops).toHaveLength(2);
    for (const stop of stops) expect(stop.after).toContain(job!.id);
  });
});

describe('an apply that was cut off in a hook', () => {
  const wanted = changed({A: '1'}, hook());
  const world = applied(withHooks(hook()));
  const [job] = hooksOf(plan(world, wanted));
  /** The world with the hook's container on its host. */
  const cutOff = (task: 'running' | 'stopped', exitCode?: number): World => ({
    ...world,
    hosts: world.hosts.map(one =>
      one.host === job!.host
        ? {
            ...one,
            containers: [...one.containers, {...container(job!.spec), task, ...(exitCode !== undefined && {exitCode})}],
          }
        : one,
    ),
  });

  test('does not run it again when it had ended well, and removes its container last', () => {
    const next = plan(cutOff('stopped', 0), wanted);
    expect(hooksOf(next)).toEqual([]);
    expect(inOrder(next, /container:.*:backend-1$/, /migrate\.hook/)).toBe(true);
  });

  test.each([
    ['under way', cutOff('running')],
    ['failed', cutOff('stopped', 1)],
  ])('removes one that was %s, and then runs it', (_, found) => {
    const next = plan(found, wanted);
    expect(hooksOf(next)).toHaveLength(1);
    expect(inOrder(next, /migrate\.hook-1:remove/, /^hook:/)).toBe(true);
    expect(told(next).find(line => line.startsWith('delete migrate.hook'))).toContain(
      'a hook of an apply that was cut off',
    );
  });

  test('removes it when there is nothing else to do', () => {
    expect(told(plan(cutOff('stopped', 0), withHooks(hook()))).filter(line => line.includes('hook'))).toEqual([
      `delete migrate.hook-1@${job!.host}: a hook of an apply that was cut off`,
    ]);
  });
});

test('a hook after a change waits for all of it, and runs when an interrupted update goes on', () => {
  const warm = hook({name: 'warm', when: 'after'});
  const world = applied(withHooks(warm));
  const update = plan(world, changed({A: '1'}, warm));
  const own = update.operations.filter(one => one.kind === 'container' && one.service === 'backend').map(({id}) => id);
  expect(hooksOf(update)[0]!.after).toEqual(expect.arrayContaining(own));
  const half = applyAll(world, {
    ...update,
    operations: update.operations.filter(({id}) => id !== own[1] && !id.startsWith('hook:')),
  });
  expect(hooksOf(plan(half, changed({A: '1'}, warm)))).toHaveLength(1);
  const [migrate] = [hook()];
  expect(hooksOf(plan(half, changed({A: '1'}, migrate!)))).toEqual([]);
});

test('a hook for a failure is in no order with the others', () => {
  const alarm = hook({name: 'alarm', when: 'onFailure'});
  const first = plan(emptyWorld('h1'), withHooks(alarm));
  expect(hooksOf(first)).toEqual([]);
  expect(first.onFailure!.map(({hook: name, when}) => [name, when])).toEqual([['alarm', 'onFailure']]);
  expect(plan(applied(withHooks(alarm)), withHooks(alarm)).onFailure).toBeUndefined();
  expect(naming.runtimeHash(first.onFailure![0]!.spec)).toBeTypeOf('string');
});
