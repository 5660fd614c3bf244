import {expect, test} from 'vitest';
import {filesBelow, linesOf} from './sources.ts';

test('a command has at most 80 lines', () => {
  expect(filesBelow('src/commands', '.ts').filter(file => linesOf(file) > 80)).toEqual([]);
});

test('no file has more than 300 lines', () => {
  const files = ['src', 'scripts', 'bin', 'test'].flatMap(folder => filesBelow(folder, '.ts', '.mjs', '.js'));
  // What is generated (src/engine/client/api.d.ts) is for no reader.
  expect(files.filter(file => !file.endsWith('.d.ts') && linesOf(file) > 300)).toEqual([]);
});

test('there is no file for everything', () => {
  const names = /(^|[/-])(utils?|helpers?|common|misc|managers?)(\.|-|\/)/;
  expect(filesBelow('src', '.ts').filter(file => names.test(file))).toEqual([]);
});
