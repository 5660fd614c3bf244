import {describe, expect, test} from 'vitest';
import type {SimulatedHosts} from './simulated-hosts.ts';
import {all, apply, newOnly, oldOnly, release, weights} from './simulated-release.ts';

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
    // And a look, after a moment, at what each of the three old ones is still serving.
    expect(clock()).toBe(20_300);
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
