import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {ApplyEvent} from '../../../src/engine/executor/events.ts';
import type {RunOptions} from '../../../src/engine/executor/run-options.ts';
import {runPlan} from '../../../src/engine/executor/run-plan.ts';
import {inversesOf} from '../../../src/engine/executor/undo-log.ts';
import type {Operation} from '../../../src/engine/planner/plan.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {containerOperation, noReleases, planOf, presentOf, SimulatedHosts, specOf} from './simulated-hosts.ts';

const apply = (hosts: SimulatedHosts, operations: readonly Operation[], more: Partial<RunOptions> = {}) =>
  runPlan(planOf(operations), {
    ...noReleases,
    actions: hosts,
    present: hosts.present(),
    inverses: inversesOf(operations, presentOf(hosts)),
    journal: {durably: async () => undefined, note: () => undefined},
    onFailure: 'rollback',
    keepFailed: false,
    deployedBefore: true,
    inFlightPerHost: 4,
    mayLose: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    now: () => 0,
    ...more,
  });

/** Two backends and a frontend at revision a, to be replaced by revision b, one after the other. */
function update(order: 'start-first' | 'stop-first') {
  const hosts = new SimulatedHosts();
  const operations: Operation[] = [];
  for (const [service, replica] of [
    ['backend', 1],
    ['backend', 2],
    ['frontend', 1],
  ] as const) {
    const old = specOf(service, replica, 'h1', 'a');
    hosts.run(old);
    operations.push(
      containerOperation('replace', specOf(service, replica, 'h1', 'b'), {
        previous: [{host: 'h1', id: old.id}],
        order,
        after: operations.slice(-1).map(({id}) => id),
      }),
    );
  }
  return {hosts, operations};
}

const revisions = (hosts: SimulatedHosts) => hosts.snapshot().running.map(key => key.slice(3));

describe('an update', () => {
  test.each(['start-first', 'stop-first'] as const)('%s ends with only the new revision', async order => {
    const {hosts, operations} = update(order);
    const end = await apply(hosts, operations);
    expect(end.outcome).toBe('applied');
    expect(hosts.snapshot()).toEqual({
      running: ['h1/backend-1-b', 'h1/backend-2-b', 'h1/frontend-1-b'],
      existing: ['h1/backend-1-b', 'h1/backend-2-b', 'h1/frontend-1-b'],
      names: ['h1:backend-1-b', 'h1:backend-2-b', 'h1:frontend-1-b'],
    });
  });

  test('start-first stops the old replica only after the new one is healthy and known by name', async () => {
    const {hosts, operations} = update('start-first');
    await apply(hosts, operations.slice(0, 1));
    const at = (action: string) => hosts.journal.indexOf(action);
    expect(at('healthy backend-1-b')).toBeLessThan(at('stop backend-1-a'));
    expect(hosts.journal.slice(0, at('stop backend-1-a')).filter(action => action === 'names h1')).toHaveLength(1);
  });

  test('stop-first stops the old one before, and removes it only when the new one is healthy', async () => {
    const {hosts, operations} = update('stop-first');
    await apply(hosts, operations.slice(0, 1));
    const at = (action: string) => hosts.journal.indexOf(action);
    expect(at('stop backend-1-a')).toBeLessThan(at('create backend-1-b'));
    expect(at('healthy backend-1-b')).toBeLessThan(at('remove backend-1-a'));
  });

  test('that becomes unhealthy half-way is rolled back to what ran before, with the last log lines', async () => {
    const {hosts, operations} = update('start-first');
    const before = hosts.snapshot();
    hosts.unhealthy.add('backend-2-b');
    const events: ApplyEvent[] = [];
    const end = await apply(hosts, operations, {onEvent: event => events.push(event)});
    expect(end.outcome).toBe('rolled-back');
    expect(hosts.snapshot()).toEqual(before);
    expect(end.operations.map(({outcome}) => outcome)).toEqual(['undone', 'failed', 'skipped']);
    expect(events.find(event => event.type === 'operation-finished' && event.outcome === 'failed')).toMatchObject({
      log: ['last words of backend-2-b'],
    });
  });

  test('whose rollback fails says so, and names what is left', async () => {
    const {hosts, operations} = update('stop-first');
    hosts.unhealthy.add('backend-2-b');
    hosts.before = action => {
      if (action === 'start backend-1-a') throw new OutsideError({code: 'x', message: 'h1 is on fire'});
    };
    const end = await apply(hosts, operations);
    expect(end.outcome).toBe('rollback-failed');
    expect(end.leftovers).toEqual(['replace backend 1 on h1: h1 is on fire']);
  });

  test('that stops on failure keeps what was done', async () => {
    const {hosts, operations} = update('start-first');
    hosts.unhealthy.add('backend-2-b');
    const end = await apply(hosts, operations, {onFailure: 'stop'});
    expect(end.outcome).toBe('partly-applied');
    expect(revisions(hosts)).toEqual(['backend-1-b', 'backend-2-a', 'frontend-1-a']);
    expect(hosts.snapshot().existing).toEqual(hosts.snapshot().running);
  });

  test('that continues does what does not depend on the failure', async () => {
    const {hosts, operations} = update('start-first');
    const independent = operations.map(operation => ({...operation, after: []}));
    hosts.unhealthy.add('backend-2-b');
    const end = await apply(hosts, independent, {onFailure: 'continue'});
    expect(end.outcome).toBe('partly-applied');
    expect(revisions(hosts)).toEqual(['backend-1-b', 'backend-2-a', 'frontend-1-b']);
  });
});

describe('a first deploy that fails', () => {
  const operations = [
    containerOperation('create', specOf('db', 1, 'h1', 'a')),
    containerOperation('create', specOf('backend', 1, 'h1', 'a'), {after: ['container/h1/db/1/create']}),
  ];

  test('removes what it created', async () => {
    const hosts = new SimulatedHosts();
    hosts.unhealthy.add('backend-1-a');
    const end = await apply(hosts, operations, {deployedBefore: false});
    expect(end.outcome).toBe('failed');
    expect(hosts.snapshot().existing).toEqual([]);
  });

  test('keeps the failed container, stopped, with --keep-failed', async () => {
    const hosts = new SimulatedHosts();
    hosts.unhealthy.add('backend-1-a');
    await apply(hosts, operations, {deployedBefore: false, keepFailed: true});
    expect(hosts.snapshot().running).toEqual([]);
    expect(hosts.snapshot().existing).toContain('h1/backend-1-a');
  });
});

test('a transient failure is tried again, a permanent one is not', async () => {
  const hosts = new SimulatedHosts();
  let lost = 0;
  hosts.before = action => {
    if (action.startsWith('create') && lost++ === 0) {
      throw new OutsideError({code: 'connection-lost', message: 'connection lost', transient: true});
    }
  };
  const end = await apply(hosts, [containerOperation('create', specOf('db', 1, 'h1', 'a'))]);
  expect(end.outcome).toBe('applied');
  expect(lost).toBe(2);
});

test('a journal that can no longer be written stops the change, and what was done is taken back', async () => {
  const {hosts, operations} = update('start-first');
  const before = hosts.snapshot();
  let written = 0;
  const durably = async () => {
    if (written++ >= 2) throw new OutsideError({code: 'disk-full', message: 'the disk is full'});
  };
  const end = await apply(hosts, operations, {journal: {durably, note: () => undefined}});
  expect(end.outcome).toBe('rolled-back');
  expect(end.error).toMatchObject({code: 'disk-full'});
  expect(end.operations.map(({outcome}) => outcome)).toEqual(['undone', 'undone', 'failed']);
  expect(hosts.journal).not.toContain('create frontend-1-b');
  expect(hosts.snapshot()).toEqual(before);
});

test('that an operation starts is durable before its host is touched', async () => {
  const {hosts, operations} = update('stop-first');
  const order: string[] = [];
  hosts.before = action => order.push(action);
  const durably = async (record: {readonly type: string}) => {
    await new Promise(resolve => setTimeout(resolve, 1));
    order.push(record.type);
  };
  await apply(hosts, operations.slice(0, 1), {journal: {durably, note: () => undefined}});
  expect(order[0]).toBe('operation-started');
});

test('Ctrl-C takes back what is half done and keeps what is done', async () => {
  const {hosts, operations} = update('stop-first');
  const interrupt = new AbortController();
  hosts.before = action => {
    if (action === 'create backend-2-b') {
      interrupt.abort();
      throw new Error('aborted');
    }
  };
  const end = await apply(hosts, operations, {signal: interrupt.signal});
  expect(end.outcome).toBe('cancelled');
  expect(revisions(hosts)).toEqual(['backend-1-b', 'backend-2-a', 'frontend-1-a']);
});

test('wherever an update fails, a rollback leaves exactly what ran before', async () => {
  const steps = 30;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(steps),
      fc.constantFrom('start-first' as const, 'stop-first' as const),
      async (failAt, order) => {
        const {hosts, operations} = update(order);
        const before = hosts.snapshot();
        let count = 0;
        hosts.before = action => {
          if (!action.startsWith('remove') && count++ === failAt) throw new OutsideError({code: 'x', message: 'fails'});
        };
        const end = await apply(hosts, operations);
        if (end.outcome === 'applied') {
          expect(count).toBeLessThanOrEqual(failAt);
          return;
        }
        expect(end.outcome).toBe('rolled-back');
        expect(hosts.snapshot()).toEqual(before);
      },
    ),
    {numRuns: 100},
  );
});

describe('a host that is lost on the way', () => {
  const three = () => {
    const hosts = new SimulatedHosts();
    const operations = ['h1', 'h2', 'h3'].map((host, index) =>
      containerOperation('create', specOf('web', index + 1, host, 'a'), {
        after: index === 0 ? [] : [`container:h${index}:web-${index}`],
      }),
    );
    hosts.before = action => {
      if (action.includes('web-2'))
        throw new OutsideError({code: 'host-unreachable', message: 'h2 is gone', host: 'h2'});
    };
    return {hosts, operations};
  };

  test('is gone on without where one may be lost: the others get theirs, and it is named', async () => {
    const {hosts, operations} = three();
    const end = await apply(hosts, operations, {mayLose: 1});
    expect(end).toMatchObject({outcome: 'partly-applied', lost: ['h2'], leftovers: []});
    expect(hosts.snapshot().running).toEqual(['h1/web-1-a', 'h3/web-3-a']);
  });

  test('is not the host of an operation that failed because another one is gone', async () => {
    const {hosts, operations} = three();
    hosts.before = action => {
      if (action.includes('web-2')) throw new OutsideError({code: 'connection-lost', message: 'h9', host: 'h9'});
    };
    const end = await apply(hosts, operations, {mayLose: 1});
    expect(end).toMatchObject({lost: []});
    expect(hosts.snapshot().running).toEqual([]);
  });

  test('takes everything back where none may be lost', async () => {
    const {hosts, operations} = three();
    const end = await apply(hosts, operations, {mayLose: 0});
    expect(end).toMatchObject({lost: []});
    expect(end.outcome).not.toBe('partly-applied');
    expect(hosts.snapshot().running).toEqual([]);
  });
});

test('the times of an operation are those that its duration is made of, however the clock ticks', async () => {
  const {hosts, operations} = update('start-first');
  let ticks = 0;
  const events: ApplyEvent[] = [];
  await apply(hosts, operations, {now: () => ++ticks, onEvent: event => events.push(event)});
  const at = (type: string, id: string) =>
    Date.parse(events.find(event => event.type === type && 'operation' in event && event.operation === id)!.at);
  for (const {id} of operations) {
    const finished = events.find(event => event.type === 'operation-finished' && event.operation === id);
    expect(finished).toMatchObject({durationMs: at('operation-finished', id) - at('operation-started', id)});
  }
});
