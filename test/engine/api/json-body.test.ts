import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {jsonBody} from '../../../src/engine/api/request/json-body.ts';
import {Refusal} from '../../../src/engine/coordinator/access/refusal.ts';

const read = (text: string) => jsonBody(Buffer.from(text));

describe('a body', () => {
  test('that JSON.stringify wrote is read as it was', () => {
    const strings = fc.string({unit: 'grapheme'}).map(text => text.replaceAll('\0', ''));
    const key = strings.filter(text => text !== '__proto__');
    const tree = fc.letrec(tie => ({
      value: fc.oneof(
        {depthSize: 'small'},
        strings,
        fc.integer(),
        fc.double({noNaN: true, noDefaultInfinity: true}),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    }));
    fc.assert(
      fc.property(tree.value, value => {
        const text = JSON.stringify(value);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ['empty', '', 'empty'],
    ['cut off', '{"a": 1', 'not valid JSON'],
    ['no JSON', 'a: 1', 'not valid JSON'],
    ['more than one value', '{} {}', 'not valid JSON'],
    ['a key twice', '{"a": 1, "a": 2}', 'a key twice'],
    ['a key twice, written otherwise', String.raw`{"a": 1, "\u0061": 2}`, 'a key twice'],
    ['a key twice, deep inside', '{"x": [{"b": {"a": 1, "c:{": ":", "a": 2}}]}', 'a key twice'],
    ['a NUL', String.raw`{"a": ["x\u0000"]}`, '#/a/0 must not contain a NUL'],
    ['a NUL in a key', String.raw`{"x\u0000": 1}`, 'must not contain a NUL'],
    ['half of a surrogate pair', String.raw`{"a": "\ud800"}`, 'surrogate'],
    ['a number without end', '{"a": 1e999}', '#/a is a number that is too large'],
    ['a key for prototypes', '{"__proto__": {"admin": true}}', '__proto__'],
    ['deeply nested lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'levels deep'],
    ['lists that never end', '['.repeat(900_000), 'levels deep'],
    ['deeply nested objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'levels deep'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => read(text)).toThrow(Refusal);
    expect(() => read(text)).toThrow(message);
  });

  test('that is no UTF-8 is refused', () => {
    expect(() => jsonBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid UTF-8');
    expect(() => jsonBody(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toThrow('not valid UTF-8');
  });

  test('is refused or read, whatever it is', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', '\\u0000', 'null', ' ', '"a":');
    fc.assert(
      fc.property(fc.array(pieces, {maxLength: 40}), parts => {
        try {
          read(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
      {numRuns: 2000},
    );
  });
});
