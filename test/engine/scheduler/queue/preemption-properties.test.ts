import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Decision, Preempt, RunningAttempt} from '../../../../src/engine/scheduler/queue/index.ts';
import {anyCustomers, anyWorkers} from './any.ts';
import {attempt, gibibyte, minute, queueOf, workload} from './given.ts';
import {type Facts, judge, objection, overcommitted} from './oracle.ts';

const now = 60 * minute;
const on = {preemption: {enabled: true, margin: 10, perRound: 10}};
const preempts = (decisions: readonly Decision[]): Preempt[] => decisions.filter(each => each.kind === 'preempt');

const anySoft = fc.array(
  fc.record({
    worker: fc.constantFrom('h0', 'h1', 'h2'),
    customer: fc.constantFrom('acme', 'bolt', 'cora'),
    priority: fc.constantFrom(10, 50, 90),
    preemptible: fc.boolean(),
    stopping: fc.constantFrom(undefined, undefined, true),
    startedAt: fc.integer({min: 0, max: now}),
    lastCheckpointAt: fc.option(fc.integer({min: 0, max: now}), {nil: undefined}),
    cpu: fc.constantFrom(0.5, 1, 2),
  }),
  {maxLength: 12},
);
const anyUrgent = fc.array(
  fc.record({
    customer: fc.constantFrom('acme', 'bolt', 'cora'),
    priority: fc.constantFrom(10, 50, 90),
    cpu: fc.constantFrom(1, 2, 4),
    memory: fc.constantFrom(0, gibibyte),
  }),
  {maxLength: 6},
);

test('whoever is stopped matters less, is needed, and is enough; nothing else is stopped for anybody in one round', () => {
  fc.assert(
    fc.property(anyWorkers, anyCustomers, anySoft, anyUrgent, (workers, customers, held, asking) => {
      const running = held.map(({cpu, worker: at, ...given}, index) =>
        attempt(100 + index, at, {...given, shape: {resources: {cpu}}}),
      );
      const queued = asking.map(({cpu, memory, ...given}, index) =>
        workload(index + 1, {...given, name: `n${index}`, shape: {resources: {cpu, memory}}}),
      );
      const queue = queueOf({settings: on, workers, customers, running, queued});
      const decisions = queue.round(now);
      const facts: Facts = {workers, customers, running, queued, now};
      const started = judge(facts, decisions);
      expect(overcommitted(started).filter(over => !overcommitted(facts).includes(over))).toEqual([]);
      const rank = ({customer: id, priority}: {customer: string; priority: number}) =>
        priority + {free: 0, standard: 50, premium: 100}[customers.find(each => each.id === id)!.tier]!;
      const stopped = new Set<string>();
      // Where somebody is being stopped already, a place may be kept without any victim.
      const kept: RunningAttempt[] = queued.flatMap(each => {
        const {state, worker: at} = queue.why(each.id, now);
        const asked = preempts(decisions).some(decision => decision.for === each.id);
        return state === 'promised' && !asked ? [attempt(each.seq, at!, {...each})] : [];
      });
      const places: RunningAttempt[] = [];
      for (const decision of preempts(decisions)) {
        const gone = decision.victims.map(({workload: id}) => running.find(each => each.id === id)!);
        const asks = queued.find(({id}) => id === decision.for)!;
        for (const victim of gone) {
          expect(victim).toMatchObject({worker: decision.worker, preemptible: true});
          expect(victim.stopping).toBeUndefined();
          expect(stopped.has(victim.id)).toBe(false);
          expect(rank(victim) + 10).toBeLessThanOrEqual(rank(asks));
          stopped.add(victim.id);
        }
        const lost = gone.map(
          each =>
            (each.shape.resources.cpu! * Math.max(0, now - Math.max(each.startedAt, each.lastCheckpointAt ?? 0))) /
            1000,
        );
        expect(decision.cost).toBeCloseTo(
          lost.reduce((sum, each) => sum + each, 0),
          6,
        );
        const view = workers.find(({name}) => name === decision.worker)!;
        const without = (some: ReadonlySet<string>, taken: readonly RunningAttempt[]) => ({
          ...started,
          running: [...started.running.filter(each => !some.has(each.id) && !each.stopping), ...taken],
        });
        expect(objection(without(stopped, places), view, asks)).toBeUndefined();
        for (const victim of gone) {
          const others = new Set([...stopped].filter(id => id !== victim.id));
          expect(objection(without(others, [...places, ...kept]), view, asks)).toEqual(expect.any(String));
        }
        places.push(attempt(asks.seq, decision.worker, {...asks, startedAt: now}));
      }
      const left = started.running.filter(each => !stopped.has(each.id) && !each.stopping);
      const atLast = overcommitted({...started, running: [...left, ...places, ...kept]});
      expect(atLast.filter(over => !overcommitted(facts).includes(over))).toEqual([]);
      expect(
        preempts(queue.round(now + 1))
          .flatMap(each => each.victims)
          .filter(({workload: id}) => stopped.has(id)),
      ).toEqual([]);
    }),
    {numRuns: 300},
  );
});
