import {expect, test} from 'vitest';
import {hostsOf, parseUnreachableLimit} from '../../../src/engine/spec/unreachable.ts';

test.each([
  ['0', 9, 0],
  ['2', 9, 2],
  [3, 9, 3],
  ['10%', 9, 0],
  ['10%', 40, 4],
  ['100%', 7, 7],
])('%s of %i hosts is %i', (written, total, hosts) => {
  expect(hostsOf(parseUnreachableLimit(written)!, total)).toBe(hosts);
});

test.each(['', '-1', '1.5', '101%', '10 %', 'all', '%'])('%j is no limit', written => {
  expect(parseUnreachableLimit(written)).toBeUndefined();
});
