import {promisify} from 'node:util';
import {zstdCompress} from 'node:zlib';
import {expect, test} from 'vitest';
import {readResult} from '../../../../src/engine/coordinator/types/collect-attempt.ts';
import {goOnFrom} from '../../../../src/engine/coordinator/types/go-on-from.ts';
import {keptLogLines} from '../../../../src/engine/coordinator/types/kept-log.ts';
import {OutsideError} from '../../../../src/engine/spec/errors.ts';
import {checkpointRow, listening} from './attempts.ts';

test.each([
  ['{"rows": 2}', {result: {rows: 2}}],
  ['null', {result: null}],
  ['"é"\n', {result: 'é'}],
])('the result %s is read', (text, expected) => expect(readResult(Buffer.from(text))).toEqual(expected));

test.each([
  ['no JSON', Buffer.from('{"rows": '), 'the result is no JSON: '],
  ['nothing', Buffer.from(''), 'the result is no JSON: '],
  ['no text', Buffer.from([0x22, 0xff, 0x22]), 'the result is no JSON: '],
  ['too much', Buffer.from(`"${'x'.repeat(1 << 20)}"`), 'the result is larger than 1048576 bytes'],
])('a result that is %s is said to be so', (_, content, why) =>
  expect(readResult(content)).toEqual({problem: expect.stringContaining(why)}),
);

test('a log that was kept is read from where a reader stopped', async () => {
  const at = '2026-01-31T12:00:00.000001Z';
  const kept = await promisify(zstdCompress)(`${at} stdout F one\n${at} stderr F two\n`);
  const lines = await keptLogLines(kept);
  expect(lines.map(({stream, text}) => `${stream} ${text}`)).toEqual(['stdout one', 'stderr two']);
  expect((await keptLogLines(kept, lines[0]!.id)).map(({text}) => text)).toEqual(['two']);
  expect(await keptLogLines(kept, lines[1]!.id)).toEqual([]);
});

test('an object storage that is down is no reason to go on from an older checkpoint', async () => {
  const kept = {size: 1, sha256: 'f', place: {kind: 's3', key: 'k'}} as const;
  const down = new OutsideError({code: 'checkpoint-storage-failed', message: 'down', transient: true});
  const report = listening();
  const keeper = {
    keep: () => Promise.reject(down),
    open: () => Promise.reject(down),
    drop: () => Promise.resolve(),
    trouble: () => undefined,
  };
  const going = goOnFrom(
    {checkpoints: [checkpointRow(2, kept), checkpointRow(1, kept)], report},
    keeper,
    async () => {},
  );
  await expect(going).rejects.toBe(down);
  expect(report.said).toEqual([]);
});
