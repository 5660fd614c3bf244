import {Readable} from 'node:stream';
import {expect, test} from 'vitest';
import {checkpointKeeper} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {systemClock} from '../../../../src/engine/coordinator/clock.ts';
import {sleepType} from '../../../../src/engine/coordinator/types/sleep.ts';
import {anAttempt, blobs, checkpointRow} from './attempts.ts';

const with_ = (parts: object) => sleepType(checkpointKeeper(blobs())).config.parse(parts);

test.each([
  [{}, 'succeeded', 0],
  [{exitCode: 3}, 'failed', 3],
])('it ends as it was told: %j', async (parts, outcome, exitCode) => {
  const attempt = anAttempt(with_({seconds: 0.01, ...parts}));
  const type = sleepType(checkpointKeeper(blobs()));
  await type.init(attempt);
  expect(await type.execute(attempt)).toMatchObject({outcome, exitCode, reason: `exit ${exitCode}`, outputs: {}});
  expect(attempt.report.said).toContainEqual(['started']);
  await type.close(attempt);
});

test.each([{}, {seconds: -1}, {seconds: 1, exitCode: 256}, {seconds: 1, second: 2}])('%j is refused', parts => {
  expect(sleepType(checkpointKeeper(blobs())).config.safeParse(parts).success).toBe(false);
});

test('it goes on from its newest checkpoint that is whole, and tells of the one that is not', async () => {
  const store = blobs();
  const keeper = checkpointKeeper(store);
  let now = 0;
  const type = sleepType(keeper, {...systemClock, monotonicMs: () => now});
  const first = anAttempt(with_({seconds: 3600}));
  const ended = type.execute(first);
  now = 900_000;
  const older = await type.checkpoint(first, {why: 'manual', deadlineMs: 1000});
  now = 3_599_990;
  const good = await type.checkpoint(first, {why: 'manual', deadlineMs: 1000});
  expect([older?.progress, good?.progress]).toEqual([25, 99]);
  await type.close(first);
  expect(await ended).toMatchObject({outcome: 'failed', exitCode: 143});

  const other = await keeper.keep(first, Readable.from([Buffer.alloc(0)]));
  const checkpoints = [
    checkpointRow(4, {...good!, sha256: 'f'.repeat(64)}),
    checkpointRow(3, other),
    checkpointRow(2, good!),
    checkpointRow(1, older!),
  ];
  const second = anAttempt(with_({seconds: 3600}), {attempt: 2, checkpoints});
  const another = sleepType(keeper);
  await another.init(second);
  expect(await another.execute(second)).toMatchObject({outcome: 'succeeded', result: {sleptMs: expect.any(Number)}});
  expect(second.report.said.slice(0, 4)).toEqual([
    ['corrupt', 4, 'its content is gone from the database'],
    ['corrupt', 3, 'it is none of a sleep'],
    ['restored', 2],
    ['started'],
  ]);
});

test('who lets go of it is not told of an end', async () => {
  const type = sleepType(checkpointKeeper(blobs()));
  const letting = new AbortController();
  const ended = type.execute(anAttempt(with_({seconds: 60}), {signal: letting.signal}));
  letting.abort(new Error('another one leads'));
  await expect(ended).rejects.toThrow('another one leads');
});

test('one that does not sleep writes no checkpoint, and may be closed', async () => {
  const type = sleepType(checkpointKeeper(blobs()));
  const attempt = anAttempt(with_({seconds: 60}));
  expect(await type.checkpoint(attempt, {why: 'manual', deadlineMs: 1000})).toBeUndefined();
  await type.close(attempt);
  await type.close(attempt);
});
