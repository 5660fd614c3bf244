import {describe, expect, test} from 'vitest';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {containerOperation, specOf} from './simulated-hosts.ts';
import {all, apply, newOnly, oldOnly, release, weights} from './simulated-release.ts';

describe('blue-green', () => {
  test('all new replicas are healthy before any proxy is told, and the old ones stop after all were told', async () => {
    const {hosts, operations} = release();
    const {end, notes} = await apply({hosts, operations});
    expect(end.outcome).toBe('applied');
    const first = hosts.journal.findIndex(action => action.startsWith('routes'));
    expect(hosts.journal.slice(0, first).filter(action => action.startsWith('healthy'))).toHaveLength(3);
    const told = hosts.journal.flatMap((action, index) => (action.startsWith('routes') ? [index] : []));
    const stopped = hosts.journal.findIndex(action => action.startsWith('stop'));
    expect(told).toHaveLength(3);
    expect(stopped).toBeGreaterThan(Math.max(...told));
    for (const host of all) expect(weights(hosts, host)).toEqual(newOnly);
    expect(hosts.snapshot().existing).toEqual(['h1/web-1-b', 'h2/web-2-b', 'h3/web-3-b']);
    expect(notes).toEqual([{weight: 100, phase: 'running', step: undefined}]);
  });

  test('names lead to the old ones until the switch, and to none of them afterwards', async () => {
    const {hosts, operations} = release();
    const seen: string[][] = [];
    hosts.before = action => {
      if (action.startsWith('routes')) seen.push(hosts.names.get('h1')?.map(({id}) => id) ?? []);
    };
    await apply({hosts, operations});
    expect(seen[0]).toEqual(['web-1-a']);
    expect(hosts.names.get('h2')?.map(({id}) => id)).toEqual(['web-1-b', 'web-2-b', 'web-3-b']);
  });

  test('a proxy that does not acknowledge has the switch undone on the others, and then the release rolled back', async () => {
    const {hosts, operations} = release();
    let told = 0;
    hosts.before = action => {
      if (action === 'routes h2' && ++told === 1) throw new OutsideError({code: 'proxy-refused', message: 'h2: no'});
    };
    const {end} = await apply({hosts, operations});
    expect(end.outcome).toBe('rolled-back');
    for (const host of all) expect(weights(hosts, host)).toEqual(oldOnly);
    expect(hosts.snapshot().running).toEqual(['h1/web-1-a', 'h2/web-2-a', 'h3/web-3-a']);
  });

  test('a proxy that is gone for a moment is told again, and nothing is rolled back', async () => {
    const {hosts, operations} = release();
    let told = 0;
    hosts.before = action => {
      if (action === 'routes h2' && ++told <= 2)
        throw new OutsideError({code: 'proxy-silent', message: 'h2: no', transient: true});
    };
    const {end} = await apply({hosts, operations});
    expect(end.outcome).toBe('applied');
    for (const host of all) expect(weights(hosts, host)).toEqual(newOnly);
  });

  test('new replicas that a switch could not be taken from go on serving', async () => {
    const {hosts, operations} = release();
    const after = containerOperation('create', specOf('late', 1, 'h1', 'b'), {after: ['switch:web']});
    hosts.unhealthy.add('late-1-b');
    let switched = 0;
    hosts.before = action => {
      if (action === 'routes h2' && ++switched > 1) throw new OutsideError({code: 'x', message: 'h2 is gone'});
    };
    const {end} = await apply({hosts, operations: [...operations, after]});
    expect(end.outcome).toBe('rollback-failed');
    expect(end.leftovers.join()).toContain('h2 is gone');
    expect(hosts.snapshot().running).toEqual(expect.arrayContaining(['h1/web-1-a', 'h1/web-1-b', 'h2/web-2-b']));
    expect(weights(hosts, 'h1')).toEqual(newOnly);
  });

  test('a failure after the switch sends requests to the old ones again, which never stopped', async () => {
    const {hosts, operations} = release();
    const after = containerOperation('create', specOf('late', 1, 'h1', 'b'), {after: ['switch:web']});
    hosts.unhealthy.add('late-1-b');
    const {end} = await apply({hosts, operations: [...operations, after]});
    expect(end.outcome).toBe('rolled-back');
    expect(hosts.journal.filter(action => /^stop web-\d-a/.test(action))).toEqual([]);
    for (const host of all) expect(weights(hosts, host)).toEqual(oldOnly);
    expect(hosts.snapshot().names.filter(name => name.includes('-b'))).toEqual([]);
  });

  test('requests under way are waited for, but not longer than is said', async () => {
    const {hosts, operations} = release();
    hosts.serving.set('web-2-a', 1);
    const {end, clock} = await apply({hosts, operations});
    expect(end.outcome).toBe('applied');
    expect(clock()).toBeGreaterThanOrEqual(1000);
    expect(clock()).toBeLessThan(2000);
  });

  test('one host cut off between switch and drain: the others are done, and what is left there is told', async () => {
    const {hosts, operations} = release();
    hosts.before = action => {
      const late = hosts.journal.filter(one => one.startsWith('routes')).length >= 3;
      if (late && /(h2|web-2-a)$/.test(action) && !action.startsWith('names'))
        throw new OutsideError({code: 'host-unreachable', message: 'h2 does not answer', host: 'h2'});
    };
    const {end} = await apply({hosts, operations});
    expect(end.outcome).toBe('partly-applied');
    expect(end.leftovers).toEqual([expect.stringContaining('h2 does not answer')]);
    expect(hosts.snapshot().running).toEqual(['h1/web-1-b', 'h2/web-2-a', 'h2/web-2-b', 'h3/web-3-b']);
    for (const host of all) expect(weights(hosts, host)).toEqual(newOnly);
  });

  test('promote: manual leaves both sides running and nobody sent to the new one', async () => {
    const {hosts, operations} = release({promote: 'manual'});
    const {end, notes} = await apply({hosts, operations});
    expect(end.outcome).toBe('applied');
    expect(hosts.snapshot().running).toHaveLength(6);
    expect(hosts.routes.size).toBe(0);
    expect(notes).toEqual([{weight: 0, phase: 'open', step: undefined}]);
  });
});

test('a rolling update changes each proxy once for a replica, which goes on being counted until it has stopped', async () => {
  const {hosts, old, fresh} = release();
  const operations = old.map((was, index) =>
    containerOperation('replace', fresh[index]!, {
      previous: [{host: was.host, id: was.id}],
      ...(index > 0 && {after: [`container/h${index}/web/${index}/replace`]}),
    }),
  );
  const known: (readonly string[])[] = [];
  hosts.before = action => {
    if (!action.startsWith('in flight h1')) return;
    const {routes, leaving = []} = hosts.routes.get('h1')!;
    expect(routes[0]!.upstreams.map(({address}) => address)).not.toContain(leaving[0]?.address);
    known.push(leaving.map(({address, port}) => `${address}:${port}`));
  };
  const {end} = await apply({hosts, operations});
  expect(end.outcome).toBe('applied');
  expect(known).toEqual([['10.0.0.1:80'], ['10.0.0.2:80'], ['10.0.0.3:80']]);
  for (const host of all) expect(hosts.journal.filter(action => action === `routes ${host}`)).toHaveLength(3);
});

test('a proxy that does not take the change of a rolling update: the old replica never stops, and is sent to again', async () => {
  const {hosts, old, fresh} = release();
  const operations = [containerOperation('replace', fresh[0]!, {previous: [{host: old[0]!.host, id: old[0]!.id}]})];
  let first = true;
  hosts.before = action => {
    if (action !== 'routes h2' || !first) return;
    first = false;
    throw new OutsideError({code: 'proxy-refused', message: 'h2: Caddy refused the configuration', host: 'h2'});
  };
  const {end} = await apply({hosts, operations});
  expect(end.outcome).toBe('rolled-back');
  expect(hosts.journal).not.toContain('stop web-1-a');
  expect(hosts.snapshot().running).toEqual(['h1/web-1-a', 'h2/web-2-a', 'h3/web-3-a']);
  for (const host of all) expect(weights(hosts, host)).toEqual(oldOnly);
});

test('a rolling update drains each old replica before it stops it, and every proxy knows the new one before', async () => {
  const {hosts, old, fresh} = release();
  const operations = old.map((was, index) =>
    containerOperation('replace', fresh[index]!, {previous: [{host: was.host, id: was.id}]}),
  );
  hosts.serving.set('web-1-a', 1);
  const {end, clock} = await apply({hosts, operations});
  expect(end.outcome).toBe('applied');
  expect(clock()).toBeGreaterThanOrEqual(1000);
  for (const host of all) expect(weights(hosts, host)).toEqual(newOnly);
  for (const {id} of old) {
    const stop = hosts.journal.indexOf(`stop ${id}`);
    expect(hosts.journal.slice(0, stop).some(action => action.startsWith('in flight'))).toBe(true);
  }
});
