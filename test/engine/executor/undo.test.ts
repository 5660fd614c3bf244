import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Actions} from '../../../src/engine/executor/actions.ts';
import type {ApplyEvent} from '../../../src/engine/executor/events.ts';
import {idempotencyKey} from '../../../src/engine/executor/idempotency-key.ts';
import {runInverse} from '../../../src/engine/executor/inverse.ts';
import type {BeginRecord, JournalRecord} from '../../../src/engine/executor/journal-record.ts';
import {peer} from '../../../src/engine/executor/peer.ts';
import {runPlan} from '../../../src/engine/executor/run-plan.ts';
import {countOf, isUnfinished, type RunStory, storyOf, wasInterrupted} from '../../../src/engine/executor/run-story.ts';
import {takeBack} from '../../../src/engine/executor/take-back.ts';
import {operationTitle} from '../../../src/engine/executor/titles.ts';
import {trafficOf} from '../../../src/engine/executor/traffic-before.ts';
import {operationsToUndo} from '../../../src/engine/executor/undo-check.ts';
import {inversesOf} from '../../../src/engine/executor/undo-log.ts';
import type {Operation} from '../../../src/engine/planner/plan.ts';
import {containerOperation, noReleases, planOf, presentOf, SimulatedHosts, specOf} from './simulated-hosts.ts';

const all = ['h1', 'h2'];

/** What is there: two backends and a frontend of revision a; what is asked for: revision b, one more, one less. */
function change(order: 'start-first' | 'stop-first') {
  const hosts = new SimulatedHosts();
  const operations: Operation[] = [];
  for (const [service, replica, host] of [
    ['backend', 1, 'h1'],
    ['backend', 2, 'h2'],
    ['frontend', 1, 'h1'],
  ] as const) {
    const old = specOf(service, replica, host, 'a');
    hosts.run(old);
    operations.push(
      containerOperation('replace', specOf(service, replica, host, 'b'), {
        previous: [{host, id: old.id}],
        order,
        after: operations.slice(-1).map(({id}) => id),
      }),
    );
  }
  const gone = specOf('cache', 1, 'h2', 'a');
  hosts.run(gone);
  operations.push(
    containerOperation('delete', gone, {previous: [{host: 'h2', id: gone.id}]}),
    containerOperation('create', specOf('worker', 1, 'h2', 'b')),
  );
  // Everyone knows of everyone.
  const everyone = [...hosts.containers.values()].map(({spec}) => peer(spec));
  for (const host of all) hosts.names.set(host, everyone);
  return {hosts, operations};
}

/** Lets so many actions begin and no more; those under way then still do what they do, and nobody hears of it. */
function mortal(
  hosts: SimulatedHosts,
  actions: number,
): {readonly actions: Actions; readonly killed: Promise<'killed'>} {
  const {promise: killed, resolve} = Promise.withResolvers<'killed'>();
  const never = new Promise(() => undefined);
  let begun = 0;
  const call =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      if (begun++ >= actions) {
        resolve('killed');
        return never;
      }
      const answer = await method.apply(hosts, args);
      return begun > actions ? never : answer;
    };
  const get = (target: SimulatedHosts, name: string) => call(Reflect.get(target, name));
  return {actions: new Proxy(hosts, {get: get as never}), killed};
}

/** When what was under way has ended: a host is changed anew only then. */
const settled = () => new Promise(resolve => setTimeout(resolve, 0));

interface Interrupted {
  readonly hosts: SimulatedHosts;
  readonly story: RunStory;
  readonly ended: boolean;
}

/** Runs a plan, and lets nothing more happen from the given action on, as when the process is killed there. */
async function runUntil(
  {hosts, operations}: {readonly hosts: SimulatedHosts; readonly operations: readonly Operation[]},
  action: number,
): Promise<Interrupted> {
  const inverses = inversesOf(operations, presentOf(hosts));
  const durable: JournalRecord[] = [beginOf(operations, inverses)];
  const noted: JournalRecord[] = [];
  const {actions, killed} = mortal(hosts, action);
  const run = runPlan(planOf(operations), {
    ...noReleases,
    actions,
    present: hosts.present(),
    silent: [],
    inverses,
    journal: {
      // What is only noted is lost unless something durable comes after it: the worst that may happen.
      durably: async record => void durable.push(...noted.splice(0), record),
      note: record => void noted.push(record),
    },
    onFailure: 'rollback',
    keepFailed: false,
    deployedBefore: true,
    inFlightPerHost: 4,
    mayLose: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    now: () => 0,
  });
  const end = await Promise.race([run, killed]);
  await settled();
  return {hosts, story: storyOf(durable)!, ended: end !== 'killed'};
}

const beginOf = (operations: readonly Operation[], inverses: ReturnType<typeof inversesOf>): BeginRecord => ({
  type: 'begin',
  version: 1,
  run: '20260102T030405000Z-aaaaaa',
  at: '2026-01-02T03:04:05Z',
  who: 'ada@desk',
  action: 'apply',
  fence: 1,
  serial: 2,
  images: {},
  services: [],
  volumes: false,
  before: [],
  operations: operations.map(operation => ({
    id: operation.id,
    key: idempotencyKey(operation),
    title: operationTitle(operation),
    host: operation.host,
    after: operation.after,
    inverse: inverses.get(operation.id)!,
  })),
});

/** What `apply --undo` does, on simulated hosts. Returns why operations were left. */
async function undo({hosts, story}: Interrupted, actions: Actions = hosts): Promise<readonly string[]> {
  const operations = operationsToUndo(story, hosts.observed(all));
  const ledger = trafficOf([], {...noReleases, present: hosts.present(), actions});
  const failures = await takeBack(operations, {
    limitPerHost: 4,
    undo: ({steps}) => runInverse(steps, {actions, ledger, keepCreated: false}),
  });
  expect(failures).toEqual([]);
  await Promise.all(all.map(host => ledger.refresh(host)));
  return operations.flatMap(({left}) => left ?? []);
}

const orders = ['start-first', 'stop-first'] as const;

test('wherever a change is cut off, undo brings back exactly what ran before, until it removes what it replaced', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(70), fc.constantFrom(...orders), fc.boolean(), async (action, order, fails) => {
      const {hosts, operations} = change(order);
      const before = hosts.snapshot();
      // Then it is cut off while it rolls back, too.
      if (fails) hosts.unhealthy.add('frontend-1-b');
      const interrupted = await runUntil({hosts, operations}, action);
      if (interrupted.ended) return;
      const removed = hosts.journal.some(what => /^remove .*-a$/.test(what));
      const left = await undo(interrupted);
      if (!removed) {
        expect(left).toEqual([]);
        expect(sorted(hosts.snapshot())).toEqual(sorted(before));
        return;
      }
      // What was replaced for good stays replaced: nothing is ever without its replica.
      expect(left.length).toBeGreaterThan(0);
      for (const service of ['backend-1', 'backend-2', 'frontend-1'])
        expect(hosts.snapshot().running.filter(id => id.includes(service)).length).toBeGreaterThanOrEqual(1);
    }),
    {numRuns: 150},
  );
});

test('undo that is cut off is done again to the same end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.nat(20), fc.constantFrom(...orders), async (first, second, order) => {
      const {hosts, operations} = change(order);
      const before = hosts.snapshot();
      const interrupted = await runUntil({hosts, operations}, first);
      if (interrupted.ended || hosts.journal.some(what => /^remove .*-a$/.test(what))) return;
      const {actions, killed} = mortal(hosts, second);
      await Promise.race([undo(interrupted, actions), killed]);
      await settled();
      await undo(interrupted);
      expect(sorted(hosts.snapshot())).toEqual(sorted(before));
    }),
    {numRuns: 100},
  );
});

const sorted = ({running, existing, names}: ReturnType<SimulatedHosts['snapshot']>) => ({
  running: [...running].sort(),
  existing: [...existing].sort(),
  names: [...names].sort(),
});

describe('what others did since is left, and told', () => {
  test('a container that is another by now', async () => {
    const {hosts, operations} = change('start-first');
    const interrupted = await runUntil({hosts, operations}, 12);
    const key = [...hosts.containers.keys()].find(id => id.endsWith('backend-1-b'))!;
    const found = hosts.containers.get(key)!;
    hosts.containers.set(key, {...found, spec: {...found.spec, command: ['something', 'else']}});
    expect(await undo(interrupted)).toEqual(['someone changed backend-1-b since']);
    expect(hosts.containers.has(key)).toBe(true);
  });

  test('a host that does not answer', () => {
    const {hosts, operations} = change('start-first');
    const story = storyOf([
      beginOf(operations, inversesOf(operations, presentOf(hosts))),
      started(operations[1]!),
      started(operations[2]!),
    ])!;
    const observed = hosts.observed(['h1']);
    const left = operationsToUndo(story, [...observed, {host: 'h2', reachable: false, error: 'gone'}]);
    expect(left.flatMap(one => one.left ?? [])).toEqual(['host h2 does not answer']);
  });

  test('what was never begun is not touched, though it looks like it', () => {
    const {hosts, operations} = change('start-first');
    const story = storyOf([beginOf(operations, inversesOf(operations, presentOf(hosts)))])!;
    hosts.run(specOf('worker', 1, 'h2', 'b'));
    expect(operationsToUndo(story, hosts.observed(all)).flatMap(({steps}) => steps)).toEqual([]);
  });
});

const at = '2026-01-02T03:04:05Z';
const started = ({id}: Operation): JournalRecord => ({type: 'operation-started', at, operation: id, title: id});

describe('a story', () => {
  const {hosts, operations} = change('start-first');
  const begin = beginOf(operations, inversesOf(operations, presentOf(hosts)));
  const finished = ({id}: Operation): JournalRecord => {
    return {type: 'operation-finished', at, operation: id, outcome: 'done', durationMs: 1};
  };
  const result = (outcome: Extract<ApplyEvent, {type: 'result'}>['outcome']): JournalRecord => {
    return {type: 'result', at, outcome, serial: 3, operations: []};
  };

  test('counts what is done and what is in doubt', () => {
    const story = storyOf([begin, started(operations[0]!), finished(operations[0]!), started(operations[1]!)])!;
    expect(countOf(story)).toEqual({done: 1, total: 5, inDoubt: [operations[1]!.id]});
    expect(wasInterrupted(story)).toBe(true);
  });

  test.each([
    ['applied', false, false],
    ['rolled-back', false, false],
    ['failed', false, false],
    ['cancelled', true, true],
    ['partly-applied', false, true],
    ['rollback-failed', false, true],
  ] as const)('that ended %s', (outcome, interrupted, unfinished) => {
    const story = storyOf([begin, result(outcome)])!;
    expect([wasInterrupted(story), isUnfinished(story)]).toEqual([interrupted, unfinished]);
  });

  test('that was taken back is over', () => {
    const undone: JournalRecord[] = [
      {type: 'undo-started', at, who: 'ada'},
      {type: 'undo-ended', at, outcome: 'undone', left: []},
    ];
    expect(isUnfinished(storyOf([begin, started(operations[0]!), ...undone])!)).toBe(false);
  });

  test('without a beginning is none: nothing was done', () => {
    expect(storyOf([])).toBeUndefined();
  });
});
