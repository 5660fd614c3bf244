import {describe, expect, test} from 'vitest';
import type {JournalRecord} from '../../../src/engine/executor/journal-record.ts';
import type {RunOptions} from '../../../src/engine/executor/run-options.ts';
import {runPlan} from '../../../src/engine/executor/run-plan.ts';
import type {ReleaseNote} from '../../../src/engine/executor/run-switch.ts';
import {inversesOf} from '../../../src/engine/executor/undo-log.ts';
import type {Operation, SwitchOperation} from '../../../src/engine/planner/plan.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import type {ProxyRoute} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import type {ReleaseMember} from '../../../src/engine/state/lock-file.ts';
import {containerOperation, planOf, presentOf, SimulatedHosts, specOf} from './simulated-hosts.ts';

const all = ['h1', 'h2', 'h3'];

const member = ({host, id, service, replica, network}: ContainerSpec): ReleaseMember => ({
  host,
  id,
  service,
  replica,
  address: network.address,
});

const at = (spec: ContainerSpec, address: string): ContainerSpec => ({...spec, network: {...spec.network, address}});

/** web's three replicas at revision a on three hosts, each with a proxy; revision b beside them by one switch. */
function release(more: Partial<SwitchOperation> = {}) {
  const hosts = new SimulatedHosts();
  const old = all.map((host, index) => at(specOf('web', index + 1, host, 'a'), `10.0.0.${index + 1}`));
  const fresh = all.map((host, index) => at(specOf('web', index + 1, host, 'b'), `10.0.1.${index + 1}`));
  for (const spec of old) hosts.run(spec);
  const staged = fresh.map(spec => containerOperation('create', spec, {action: 'replace', staged: true}));
  const to = fresh.map(member);
  const turn: SwitchOperation = {
    kind: 'switch',
    id: 'switch:web',
    action: 'update',
    host: 'h1',
    reason: '',
    changes: [],
    after: staged.map(({id}) => id),
    services: ['web'],
    strategy: 'blue-green',
    to,
    from: old.map(member),
    weight: 0,
    steps: [],
    stepsBefore: 0,
    sticky: false,
    promote: 'auto',
    ...more,
  };
  const operations: Operation[] = [...staged, turn];
  return {hosts, operations, old, fresh};
}

const route = {service: 'web', port: 80, path: '/', upstreams: []} as unknown as ProxyRoute;

async function apply(
  {hosts, operations}: {readonly hosts: SimulatedHosts; readonly operations: readonly Operation[]},
  more: Partial<RunOptions> = {},
) {
  const notes: ReleaseNote[] = [];
  const journal: JournalRecord[] = [];
  let clock = 0;
  const end = await runPlan(planOf(operations), {
    actions: hosts,
    present: hosts.present(),
    inverses: inversesOf(operations, presentOf(hosts)),
    journal: {durably: async record => void journal.push(record), note: record => void journal.push(record)},
    routes: {
      standing: all.map(host => ({
        host,
        routes: {project: 'shop', stack: 'shop', environment: 'default', routes: [route]},
      })),
      splits: [],
      drainMs: {web: 1000},
    },
    releases: {note: async (_, note) => void notes.push(note), request: async () => undefined},
    clock: {
      now: () => clock,
      sleep: async ms => {
        clock += ms;
      },
    },
    onFailure: 'rollback',
    keepFailed: false,
    deployedBefore: true,
    inFlightPerHost: 4,
    mayLose: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    now: () => clock,
    ...more,
  });
  return {end, notes, clock: () => clock};
}

const weights = (hosts: SimulatedHosts, host: string): Record<string, number> =>
  Object.fromEntries((hosts.routes.get(host)?.routes[0]?.upstreams ?? []).map(({id, weight}) => [id, weight]));

const newOnly = {'web-1-b': 1, 'web-2-b': 1, 'web-3-b': 1};
const oldOnly = {'web-1-a': 1, 'web-2-a': 1, 'web-3-a': 1};

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

describe('a canary', () => {
  const canary = {
    strategy: 'canary',
    steps: [
      {weight: 10, pauseMs: 10_000},
      {weight: 50, pauseMs: 10_000},
    ],
    judge: {errorRate: 1, p95: {times: 2}, minRequests: 10, required: false},
  } as const;
  const figures = (hosts: SimulatedHosts, side: '10.0.0' | '10.0.1', errors: number, p95Ms: number) => {
    for (const last of [1, 2, 3]) hosts.figures.set(`${side}.${last}`, {requests: 100, errors, p95Ms});
  };

  test('gives the new ones their share on every proxy, step by step, and then everything', async () => {
    const {hosts, operations} = release(canary);
    figures(hosts, '10.0.0', 0, 20);
    figures(hosts, '10.0.1', 0, 30);
    const shares: Record<string, number>[] = [];
    const {end, clock} = await apply(
      {hosts, operations},
      {
        releases: {
          request: async () => {
            const now = weights(hosts, 'h3');
            if (JSON.stringify(shares.at(-1)) !== JSON.stringify(now)) shares.push(now);
            return undefined;
          },
          note: async () => undefined,
        },
      },
    );
    expect(end.outcome).toBe('applied');
    expect(shares).toEqual([
      {'web-1-a': 9, 'web-2-a': 9, 'web-3-a': 9, 'web-1-b': 1, 'web-2-b': 1, 'web-3-b': 1},
      {'web-1-a': 1, 'web-2-a': 1, 'web-3-a': 1, 'web-1-b': 1, 'web-2-b': 1, 'web-3-b': 1},
    ]);
    expect(weights(hosts, 'h3')).toEqual(newOnly);
    expect(clock()).toBe(20_000);
  });

  test.each([
    ['errors', 10, 20, /90 of 900 requests failed \(10%, limit 1%\)/],
    ['slowness', 0, 50, /p95 50ms \(limit 40ms, 2 times the old ones' 20ms\)/],
  ])(
    'that fails at its second step by %s is taken back by itself, with the figures',
    async (_, errors, p95Ms, text) => {
      const {hosts, operations} = release(canary);
      figures(hosts, '10.0.0', 0, 20);
      figures(hosts, '10.0.1', 0, 20);
      const {end} = await apply(
        {hosts, operations},
        {
          releases: {
            request: async () => undefined,
            note: async (_services, note) => {
              if (note.step === 2) figures(hosts, '10.0.1', errors, p95Ms);
            },
          },
        },
      );
      expect(end.outcome).toBe('rolled-back');
      expect((end.error as Error).message).toMatch(text);
      expect((end.error as Error).message).toContain('step 2 of 2, 50%');
      for (const host of all) expect(weights(hosts, host)).toEqual(oldOnly);
      expect(hosts.snapshot().existing).toEqual(['h1/web-1-a', 'h2/web-2-a', 'h3/web-3-a']);
    },
  );

  test.each([
    [false, 'applied'],
    [true, 'rolled-back'],
  ])('with too few requests to judge, judge.required: %s, ends %s', async (required, outcome) => {
    const {hosts, operations} = release({...canary, judge: {...canary.judge, required}});
    const said: string[] = [];
    const {end} = await apply(
      {hosts, operations},
      {onEvent: event => void (event.type === 'operation-progress' && said.push(event.message))},
    );
    expect(end.outcome).toBe(outcome);
    expect(said.join('\n')).toContain('0 requests to the new replicas, too few to judge (10)');
  });

  test.each([
    ['promote', 'applied', newOnly],
    ['abort', 'rolled-back', oldOnly],
  ] as const)('is ended by a request to %s it', async (what, outcome, left) => {
    const {hosts, operations} = release(canary);
    const {end, clock} = await apply(
      {hosts, operations},
      {releases: {note: async () => undefined, request: async () => what}},
    );
    expect(end.outcome).toBe(outcome);
    expect(clock()).toBeLessThan(10_000);
    for (const host of all) expect(weights(hosts, host)).toEqual(left);
  });
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
