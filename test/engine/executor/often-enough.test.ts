import {expect, test} from 'vitest';
import {oftenEnough} from '../../../src/engine/executor/often-enough.ts';

test('of a long transfer people are told ten times a second, of its beginning and its end always', () => {
  let now = 0;
  const told: [number, string, number?, number?][] = [];
  const tell = oftenEnough(
    () => now,
    (...what) => told.push([now, ...what]),
  );
  for (let done = 0; done <= 1000; done += 1, now += 1) tell('sending', done, 1000);
  tell('sending', 1000, 1000);
  tell('unpacking');
  expect(told.map(([, , done]) => done)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, undefined]);
  expect(told.at(-1)).toEqual([1001, 'unpacking', undefined, undefined]);
});
