import fc from 'fast-check';
import {expect, test} from 'vitest';
import {shapeKey} from '../../../../src/engine/scheduler/queue/shape-key.ts';
import {anyCustomers, anyRunning, anyStrategy, anyWorkers, anyWorkloads} from './any.ts';
import {type Given, queueOf, starts} from './given.ts';
import {type Facts, judge, overcommitted, restraint, startable} from './oracle.ts';

const anyGiven = fc.record({
  workers: anyWorkers,
  customers: anyCustomers,
  running: anyRunning,
  queued: anyWorkloads,
  settings: anyStrategy,
});

const now = 100_000;
const facts = (given: Required<Given>): Facts => ({...given, now});

test('what starts fits and is allowed, and nothing that could start is left', () => {
  fc.assert(
    fc.property(anyGiven, given => {
      const queue = queueOf(given);
      let after = judge(facts(given), queue.round(now));
      const left = startable(after);
      // Whoever has to be beside one that starts later in the order starts in the next round.
      expect(left.filter(id => given.queued.find(each => each.id === id)!.shape.beside.length === 0)).toEqual([]);
      if (left.length > 0) after = judge(after, queue.round(now));
      if (left.length > 0) expect(startable(after).length).toBeLessThan(left.length);
      expect(overcommitted(after).filter(over => !overcommitted(facts(given)).includes(over))).toEqual([]);
    }),
    {numRuns: 500},
  );
});

test('the order in which things are told never matters', () => {
  fc.assert(
    fc.property(anyGiven, fc.infiniteStream(fc.nat()), (given, stream) => {
      const shuffled = <T>(list: readonly T[]): T[] =>
        list
          .map(item => ({item, at: stream.next().value as number}))
          .sort((a, b) => a.at - b.at)
          .map(({item}) => item);
      const turned = {
        ...given,
        workers: shuffled(given.workers),
        customers: shuffled(given.customers),
        running: shuffled(given.running),
        queued: shuffled(given.queued),
      };
      expect(queueOf(turned).round(now)).toEqual(queueOf(given).round(now));
    }),
    {numRuns: 300},
  );
});

test("one customer's workloads of equal priority and shape start in order of acceptance", () => {
  fc.assert(
    fc.property(anyGiven, given => {
      const before = facts(given);
      const decisions = queueOf(given).round(now);
      const after = judge(before, decisions);
      const order = decisions.flatMap(each => (each.kind === 'start' ? [each.workload] : []));
      const alike = (id: string) => {
        const {customer, priority, shape} = given.queued.find(each => each.id === id)!;
        return given.queued.filter(
          each =>
            each.customer === customer &&
            each.priority === priority &&
            shapeKey(each.shape, customer) === shapeKey(shape, customer),
        );
      };
      for (const [at, id] of order.entries()) {
        const seq = given.queued.find(each => each.id === id)!.seq;
        const ahead = alike(id).filter(each => each.seq < seq && !order.slice(0, at).includes(each.id));
        // Only what was held up by itself may be overtaken: its time, its concurrency key, who avoids its name.
        const held = ahead.filter(
          each =>
            restraint({...after, queued: []}, each) !== undefined ||
            after.running.some(other => other.shape.avoid.some(({workload}) => workload === each.name)),
        );
        expect(ahead).toEqual(held);
      }
    }),
    {numRuns: 300},
  );
});

test('a start that is taken back can be made again', () => {
  fc.assert(
    fc.property(anyGiven, given => {
      const queue = queueOf(given);
      const first = queue.round(now);
      for (const decision of first) {
        if (decision.kind !== 'start') continue;
        queue.ended(decision.workload, now);
        queue.add(given.queued.find(({id}) => id === decision.workload)!);
      }
      expect(starts(queue.round(now))).toBe(starts(first));
    }),
    {numRuns: 200},
  );
});
