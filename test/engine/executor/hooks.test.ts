import {describe, expect, test} from 'vitest';
import type {ApplyEvent} from '../../../src/engine/executor/events.ts';
import {runPlan} from '../../../src/engine/executor/run-plan.ts';
import {inversesOf} from '../../../src/engine/executor/undo-log.ts';
import type {HookOperation, Operation} from '../../../src/engine/planner/plan.ts';
import {containerOperation, noReleases, planOf, presentOf, SimulatedHosts, specOf} from './simulated-hosts.ts';

const hook = (name: string, given: Partial<HookOperation> = {}): HookOperation => ({
  id: `hook:h1:${name}`,
  kind: 'hook',
  action: 'create',
  service: 'web',
  host: 'h1',
  reason: 'web changes',
  changes: [],
  after: [],
  hook: name,
  when: 'before',
  spec: specOf(`${name}.hook`, 1, 'h1', 'b'),
  timeoutMs: 1000,
  retries: 0,
  ...given,
});

/** A replica at revision a, to be replaced by revision b once the hook was run. */
function releasing(job: HookOperation, onFailure: readonly HookOperation[] = []) {
  const hosts = new SimulatedHosts();
  const old = specOf('web', 1, 'h1', 'a');
  hosts.run(old);
  const replace = containerOperation('replace', specOf('web', 1, 'h1', 'b'), {
    previous: [{host: 'h1', id: old.id}],
    after: job.when === 'before' ? [job.id] : [],
  });
  const last = job.when === 'before' ? job : {...job, after: [replace.id]};
  const operations: Operation[] = [last, replace];
  const events: ApplyEvent[] = [];
  const run = () =>
    runPlan(
      {...planOf(operations), ...(onFailure.length > 0 && {onFailure})},
      {
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
        onEvent: event => void events.push(event),
        now: () => 0,
      },
    );
  return {hosts, run, events};
}

describe('a hook before a change', () => {
  test('runs to its end first, its log is kept, and its container goes last', async () => {
    const {hosts, run, events} = releasing(hook('migrate'));
    expect((await run()).outcome).toBe('applied');
    const order = ['ended migrate.hook-1-b', 'create web-1-b', 'remove migrate.hook-1-b'].map(one =>
      hosts.journal.indexOf(one),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(hosts.snapshot().existing).toEqual(['h1/web-1-b']);
    const finished = events.find(one => one.type === 'operation-finished' && one.operation === 'hook:h1:migrate');
    expect(finished).toMatchObject({outcome: 'done', log: ['last words of migrate.hook-1-b']});
  });

  test('is known to nobody by name', async () => {
    const {hosts, run} = releasing(hook('migrate'));
    await run();
    expect(hosts.snapshot().names).toEqual(['h1:web-1-b']);
  });

  test('that fails stops the change with its last lines, and leaves nothing', async () => {
    const {hosts, run} = releasing(hook('migrate'));
    hosts.exits = [3];
    const end = await run();
    expect(end.error).toMatchObject({code: 'hook-failed', exitCode: 3, lastLines: ['last words of migrate.hook-1-b']});
    expect(hosts.snapshot().existing).toEqual(['h1/web-1-a']);
    expect(hosts.journal).not.toContain('create web-1-b');
  });

  test.each([
    [1, 'applied', 2],
    [0, 'failed', 1],
  ])('with %i retries and one failure is %s', async (retries, outcome, tries) => {
    const {hosts, run} = releasing(hook('migrate', {retries}));
    hosts.exits = [1];
    expect((await run()).outcome).toBe(outcome);
    expect(hosts.journal.filter(one => one === 'create migrate.hook-1-b')).toHaveLength(tries);
  });
});

test('a hook after a change that fails takes the change back', async () => {
  const {hosts, run} = releasing(hook('warm', {when: 'after'}));
  hosts.exits = [1];
  expect((await run()).outcome).toBe('rolled-back');
  expect(hosts.snapshot()).toMatchObject({running: ['h1/web-1-a'], existing: ['h1/web-1-a']});
});

describe('a hook for a failure', () => {
  const alarm = hook('alarm', {when: 'onFailure'});

  test('runs when a change fails, before it is taken back, and goes', async () => {
    const {hosts, run} = releasing(hook('migrate'), [alarm]);
    hosts.unhealthy.add('web-1-b');
    const end = await run();
    expect(end.outcome).toBe('rolled-back');
    const ran = hosts.journal.indexOf('ended alarm.hook-1-b');
    expect(ran).toBeGreaterThan(hosts.journal.indexOf('healthy web-1-b'));
    expect(ran).toBeLessThan(hosts.journal.indexOf('remove migrate.hook-1-b'));
    expect(hosts.snapshot().existing).toEqual(['h1/web-1-a']);
    expect(end.leftovers).toEqual([]);
  });

  test('does not run when all goes well', async () => {
    const {hosts, run} = releasing(hook('migrate'), [alarm]);
    await run();
    expect(hosts.journal.join()).not.toContain('alarm');
  });

  test('that fails itself is told, and the change is taken back all the same', async () => {
    const {hosts, run} = releasing(hook('migrate'), [alarm]);
    hosts.unhealthy.add('web-1-b');
    hosts.exits = [0, 7];
    const end = await run();
    expect(end.outcome).toBe('rolled-back');
    expect(end.error).toMatchObject({code: 'unhealthy'});
    expect(end.leftovers).toEqual(['run hook alarm on h1: the hook alarm on h1 failed: exit 7']);
    expect(hosts.snapshot().existing).toEqual(['h1/web-1-a']);
  });
});
