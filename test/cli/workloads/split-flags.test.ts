import {expect, test} from 'vitest';
import {splitOf} from '../../../src/cli/workloads/split-flags.ts';

test('weights by version', () => {
  expect(splitOf('v1=90,v2=10', 'k')).toEqual({
    weights: new Map([
      ['v1', 90],
      ['v2', 10],
    ]),
    key: 'k',
  });
  expect(splitOf('v1=0,v2=0.5', undefined)).toEqual({
    weights: new Map([
      ['v1', 0],
      ['v2', 0.5],
    ]),
  });
});

test.each(['', 'v1', 'v1=', '=1', 'v1=x', 'v1=-1', 'v1=0', 'v1=1=2', 'v1=1e9'])('%j gives none', text =>
  expect(() => splitOf(text, undefined)).toThrow(expect.objectContaining({code: 'split-invalid'})),
);
