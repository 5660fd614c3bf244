import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {LogPlaces} from '../../src/engine/log-places.ts';
import {LogReader} from '../../src/engine/log-sources.ts';
import type {LogLine} from '../../src/engine/runtime/logs.ts';

const source = {id: 'shop.default.web-1', service: 'web', replica: 1, host: 'h1'};
const time = (microsecond: number) =>
  `2026-01-31T12:00:0${Math.floor(microsecond / 1e6)}.${String(microsecond % 1e6).padStart(6, '0')}Z`;

describe('how far logs were read', () => {
  test('is the same again out of its text', () => {
    const at = fc.integer({min: 0, max: 9_999_999}).map(time);
    const place = fc.record({at, begun: at}, {requiredKeys: ['at']});
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({minLength: 1, maxLength: 30}), place, {maxKeys: 20}),
        fc.boolean(),
        (all, live) => {
          const places = new LogPlaces();
          for (const [id, one] of Object.entries(all)) places.set(id, one);
          if (live) places.goLive();
          const read = LogPlaces.of(places.text()!)!;
          expect(read.live).toBe(live);
          for (const [id, one] of Object.entries(all)) expect(read.of(id)).toEqual(one);
          expect(read.of('somebody else')).toBeUndefined();
          expect(read.text()).toBe(places.text());
        },
      ),
    );
  });

  test('without those that are gone; not where they are too many', () => {
    const places = new LogPlaces();
    places.set('a', {at: time(1)});
    const one = places.text();
    places.set('b', {at: time(2)});
    places.forget('b');
    expect(places.text()).toBe(one);
    for (let n = 0; n < 1000; n++) places.set(`c${n}`, {at: time(n)});
    expect(places.text()).toBeUndefined();
  });

  test.each([
    '',
    'x',
    'f',
    'fzzzzzzzzzzz',
    'f1.abcdef2',
    'fg.abc',
    'f1..',
    'f1.abcdef0~',
    `f1${'.abcdef0'.repeat(2000)}`,
  ])('is not %j', text => expect(LogPlaces.of(text)).toBeUndefined());
});

describe('a reader that goes on where another one stopped', () => {
  // Lines come in parts, on two streams at once.
  const lines = fc
    .array(
      fc.record({
        stream: fc.constantFrom('stdout', 'stderr'),
        partial: fc.boolean(),
        gap: fc.integer({min: 1, max: 9}),
      }),
      {
        minLength: 1,
        maxLength: 30,
      },
    )
    .map(all => {
      let at = 0;
      return all.map(({gap, ...line}, index): LogLine => {
        at += gap;
        return {...line, at: time(at), text: `<${index}>`} as LogLine;
      });
    });

  test('tells each line once, whole, wherever it was cut', () => {
    fc.assert(
      fc.property(lines, fc.nat(30), fc.nat(30), (all, first, second) => {
        const told: string[] = [];
        let places = new LogPlaces();
        /** A reader of its own, which is fed so much of the log (from where it wants it) and is then gone. */
        const read = (upTo: number) => {
          const reader = new LogReader(source, places.of(source.id));
          for (const line of all.slice(0, upTo).filter(({at}) => at >= reader.since)) {
            const record = reader.feed(line);
            if (!record) continue;
            places.set(source.id, record.place);
            told.push(record.text);
          }
          if (reader.place) places.set(source.id, reader.place);
          places = LogPlaces.of(places.text()!)!;
        };
        read(Math.min(first, second));
        read(Math.max(first, second));
        read(all.length);
        const straight = new LogReader(source);
        expect(told).toEqual(all.flatMap(line => straight.feed(line)?.text ?? []));
      }),
    );
  });
});
