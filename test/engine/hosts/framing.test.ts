import fc from 'fast-check';
import {expect, test} from 'vitest';
import {FrameReader} from '../../../src/engine/hosts/framing.ts';

const marker = 'niyanta-0123456789abcdef01234567';

/** Cuts a buffer at these places and feeds the pieces. */
function fed(whole: Buffer, cuts: readonly number[]) {
  const reader = new FrameReader(marker);
  const places = [...new Set([0, ...cuts.map(cut => cut % (whole.length + 1)), whole.length])].sort((a, b) => a - b);
  const frames = places.slice(1).flatMap((end, i) => reader.feed(whole.subarray(places[i], end)) ?? []);
  return frames;
}

test('output comes out whole however it is cut into chunks', () => {
  const body = fc.oneof(
    fc.uint8Array({maxLength: 300}).map(bytes => Buffer.from(bytes)),
    // What almost looks like the end.
    fc
      .array(fc.constantFrom('\n', marker, `\n${marker.slice(0, -1)}`, 'niyanta-', 'x'), {maxLength: 12})
      .map(parts => Buffer.from(parts.join('')))
      .filter(text => !text.includes(`\n${marker}`)),
  );
  fc.assert(
    fc.property(body, fc.nat(255), fc.array(fc.nat(2000), {maxLength: 30}), (bytes, code, cuts) => {
      const frames = fed(Buffer.concat([bytes, Buffer.from(`\n${marker} ${code}\n`)]), cuts);
      expect(frames).toHaveLength(1);
      expect(frames[0]!.body.equals(bytes)).toBe(true);
      expect(frames[0]!.trailer).toBe(String(code));
    }),
  );
});

test('nothing is a frame before its last line is whole', () => {
  const reader = new FrameReader(marker);
  expect(reader.feed(Buffer.from(`out\n${marker} 1`))).toBeUndefined();
  expect(reader.feed(Buffer.from('2\n'))).toEqual({body: Buffer.from('out'), trailer: '12'});
});
