import fc from 'fast-check';
import {expect, test} from 'vitest';
import {runGraph, type Step} from '../../../src/engine/executor/graph.ts';

/** Steps whose dependencies point backwards: always acyclic. */
const graphs = fc
  .array(
    fc.record({host: fc.constantFrom('h1', 'h2'), after: fc.array(fc.nat(20), {maxLength: 3}), fails: fc.boolean()}),
    {
      maxLength: 20,
    },
  )
  .map(rows =>
    rows.map(({host, after, fails}, index) => ({
      id: `s${index}`,
      host,
      fails,
      after: after.filter(other => other < index).map(other => `s${other}`),
    })),
  );

const never = new AbortController().signal;

test('every step runs after what it names, never more at once on a host than its limit, and every step ends', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({min: 1, max: 4}), async (steps, limitPerHost) => {
      const done = new Set<string>();
      const running = new Map<string, number>();
      const ends = await runGraph(steps as (Step & {fails: boolean})[], {
        limitPerHost,
        signal: never,
        onFailure: 'continue',
        run: async step => {
          for (const id of step.after) expect(done.has(id)).toBe(true);
          running.set(step.host, (running.get(step.host) ?? 0) + 1);
          expect(running.get(step.host)).toBeLessThanOrEqual(limitPerHost);
          await Promise.resolve();
          running.set(step.host, running.get(step.host)! - 1);
          if (step.fails) throw new Error('fails');
          done.add(step.id);
        },
      });
      expect(ends.size).toBe(steps.length);
      for (const step of steps) {
        const blocked = step.after.some(id => ends.get(id) !== 'done');
        expect(ends.get(step.id)).toBe(blocked ? 'skipped' : step.fails ? 'failed' : 'done');
      }
    }),
  );
});

test('after a failure nothing new starts unless told to continue', async () => {
  const started: string[] = [];
  const ends = await runGraph(
    ['a', 'b'].map(id => ({id, host: 'h', after: []})),
    {
      limitPerHost: 1,
      signal: never,
      onFailure: 'stop',
      run: async ({id}) => {
        started.push(id);
        throw new Error('fails');
      },
    },
  );
  expect(started).toEqual(['a']);
  expect(ends.get('b')).toBe('skipped');
});

test('an abort starts nothing new and waits for what runs', async () => {
  const abort = new AbortController();
  let finished = false;
  const ends = await runGraph(
    ['a', 'b'].map(id => ({id, host: 'h', after: []})),
    {
      limitPerHost: 1,
      signal: abort.signal,
      onFailure: 'stop',
      run: async () => {
        abort.abort();
        await new Promise(resolve => setTimeout(resolve, 5));
        finished = true;
      },
    },
  );
  expect(finished).toBe(true);
  expect([...ends.values()]).toEqual(['done', 'cancelled']);
});

test('at most so many hosts are worked on at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({min: 1, max: 3}), fc.integer({min: 1, max: 4}), async (hostsAtOnce, limitPerHost) => {
      const steps = ['h1', 'h2', 'h3', 'h4'].flatMap(host =>
        [1, 2, 3].map(n => ({id: `${host}-${n}`, host, after: []})),
      );
      const running: string[] = [];
      const ends = await runGraph(steps, {
        limitPerHost,
        hostsAtOnce,
        signal: never,
        onFailure: 'stop',
        run: async ({host}) => {
          running.push(host);
          expect(new Set(running).size).toBeLessThanOrEqual(hostsAtOnce);
          await Promise.resolve();
          running.splice(running.indexOf(host), 1);
        },
      });
      expect([...ends.values()]).toEqual(steps.map(() => 'done'));
    }),
  );
});

test('without a host that was lost, its steps are skipped, turns go on, and what needs it is skipped', async () => {
  const steps = [
    {id: 'web-1', host: 'h1', service: 'web', after: []},
    {id: 'web-2', host: 'h2', service: 'web', after: ['web-1']},
    {id: 'web-3', host: 'h3', service: 'web', after: ['web-2']},
    {id: 'log-2', host: 'h2', service: 'log', after: []},
    {id: 'api-3', host: 'h3', service: 'api', after: ['log-2']},
  ];
  const ends = await runGraph<Step>(steps, {
    limitPerHost: 1,
    signal: never,
    onFailure: 'stop',
    goOnWithout: ({host}) => host === 'h2',
    run: async ({host}) => {
      if (host === 'h2') throw new Error('gone');
    },
  });
  expect(Object.fromEntries(ends)).toEqual({
    'web-1': 'done',
    'log-2': 'failed',
    'web-2': 'skipped',
    'web-3': 'done',
    'api-3': 'skipped',
  });
});

test('a host that has begun goes on before another begins, however the steps are mixed', async () => {
  const steps = [1, 2, 3].flatMap(n => ['h1', 'h2', 'h3'].map(host => ({id: `${host}-${n}`, host, after: []})));
  const order: string[] = [];
  await runGraph(steps, {
    limitPerHost: 1,
    hostsAtOnce: 1,
    signal: never,
    onFailure: 'stop',
    run: async ({host}) => void order.push(host),
  });
  expect(order).toEqual(['h1', 'h1', 'h1', 'h2', 'h2', 'h2', 'h3', 'h3', 'h3']);
});
