import {globSync} from 'node:fs';
import {basename} from 'node:path';
import {expect, test} from 'vitest';
import {long} from './longest-first.ts';

test('every file that is begun early is there', () => {
  const there = new Set(globSync('test/**/*.test.ts').map(file => basename(file)));
  expect(long.filter(name => !there.has(name))).toEqual([]);
});
