import {expect, test} from 'vitest';
import {randomAhead} from '../../../src/engine/coordinator/random-ahead.ts';
import {workloadId} from '../../../src/engine/coordinator/workload-id.ts';

test('an id is a UUID of version 7 (the example of RFC 9562, A.6)', () => {
  const random = Uint8Array.from([0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(workloadId(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('ids of later milliseconds sort later, and none comes twice', () => {
  const ids = Array.from({length: 5000}, (_, index) => workloadId(1_800_000_000_000 + index, randomAhead(10)));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids.map(id => id.slice(14))).size).toBe(5000);
  for (const id of ids.slice(0, 100))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('random bytes that were given out stay as they are', () => {
  const first = randomAhead(10);
  const copy = [...first];
  for (let round = 0; round < 1000; round++) randomAhead(10);
  expect([...first]).toEqual(copy);
});
