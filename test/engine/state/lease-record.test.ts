import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  ask,
  currentHolding,
  emptyLeaseRecord,
  type LeaseRecord,
  leaveQueue,
  nextFence,
  renewed,
  vacated,
  waiting,
} from '../../../src/engine/state/lease-record.ts';

const alive = () => false;
const wanted = (id: string, now: number) => ({
  id,
  owner: 'me@here',
  reason: 'apply',
  since: now,
  expires: now + 100,
  process: {pid: 1, machine: 'here', scope: id},
});
const at = (now: number) => ({now, ticketMs: 50, fenceAbove: 0});

test('whatever is asked and given up in whatever order, there is one holder and the fence only rises', () => {
  const step = fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    does: fc.constantFrom('asks', 'leaves', 'gives back', 'renews'),
    after: fc.integer({min: 0, max: 120}),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 40}), steps => {
      let record: LeaseRecord = emptyLeaseRecord;
      let now = 0;
      for (const {who, does, after} of steps) {
        now += after;
        const before = currentHolding(record, now, alive);
        const fence = record.fence;
        if (does === 'asks') {
          const attempt = ask(record, wanted(who, now), at(now), alive);
          if (attempt.taken && before?.id === who) expect(attempt.record).toBe(record);
          else if (attempt.taken) {
            expect(before).toBeUndefined();
            expect(attempt.holding.fence).toBe(nextFence(fence, now));
          }
          record = attempt.record;
        } else if (does === 'leaves') record = leaveQueue(record, who);
        else if (does === 'renews') record = renewed(record, {id: who, expires: now + 100}) ?? record;
        else if (record.holding?.id === who) record = vacated(record);
        expect(record.fence).toBeGreaterThanOrEqual(fence);
      }
    }),
  );
});

test('one who waits and asks no more loses its place', () => {
  const held = ask(emptyLeaseRecord, wanted('a', 0), at(0), alive).record;
  const queued = ask(held, wanted('b', 0), at(0), alive).record;
  const free = vacated(queued);
  expect(ask(free, wanted('c', 10), at(10), alive).taken).toBe(false);
  expect(ask(free, wanted('c', 60), at(60), alive).taken).toBe(true);
});

test('a holder whose process has ended is succeeded at once, one that may live only after its time', () => {
  const held = ask(emptyLeaseRecord, wanted('a', 0), at(0), alive).record;
  expect(ask(held, wanted('b', 1), at(1), alive).taken).toBe(false);
  expect(ask(held, wanted('b', 1), at(1), process => process.scope === 'a').taken).toBe(true);
  expect(ask(held, wanted('b', 100), at(100), alive).taken).toBe(true);
});

test('a holder that another succeeded cannot renew', () => {
  const held = ask(emptyLeaseRecord, wanted('a', 0), at(0), alive).record;
  const next = ask(held, wanted('b', 100), at(100), alive).record;
  expect(renewed(next, {id: 'a', expires: 300})).toBeUndefined();
  expect(renewed(next, {id: 'b', expires: 300})?.holding?.expires).toBe(300);
});

test('one who asks again because the answer was lost has what it got, and takes nothing anew', () => {
  const held = ask(emptyLeaseRecord, wanted('a', 0), at(0), alive);
  const again = ask(held.record, wanted('a', 10), at(10), alive);
  expect(again).toEqual(held);
  expect(again.record).toBe(held.record);
});

test('a place in the queue is written when it is taken and when half of its time is over, and says since when', () => {
  const held = ask(emptyLeaseRecord, wanted('a', 0), at(0), alive).record;
  const queued = ask(held, wanted('b', 10), at(10), alive);
  expect(queued).toMatchObject({taken: false, behind: {id: 'a'}, place: 1});
  expect(ask(queued.record, wanted('b', 20), at(20), alive).record).toBe(queued.record);
  const later = ask(queued.record, wanted('b', 40), at(40), alive);
  expect(waiting(later.record, 40, alive)).toMatchObject([{id: 'b', since: 10, expires: 90}]);
  expect(ask(later.record, wanted('c', 40), at(40), alive)).toMatchObject({place: 2});
});
