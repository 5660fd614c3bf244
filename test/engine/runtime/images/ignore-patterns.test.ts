import {expect, test} from 'vitest';
import {ignorePatterns} from '../../../../src/engine/runtime/images/ignore-patterns.ts';

test.each<[string, string, boolean]>([
  ['*.md', 'readme.md', true],
  ['*.md', 'docs/readme.md', false],
  ['**/*.md', 'docs/deep/readme.md', true],
  ['**/*.md', 'readme.md', true],
  ['node_modules', 'node_modules/a/b.js', true],
  ['/node_modules/', 'node_modules/a', true],
  ['node_modules', 'src/node_modules/a', false],
  ['temp?', 'tempa', true],
  ['temp?', 'temp', false],
  ['*/temp*', 'a/temporary.txt', true],
  ['docs/**', 'docs/a/b', true],
  ['a[bc]d', 'acd', true],
  ['a[bc]d', 'aed', false],
  ['# note\n\n  x  ', 'x', true],
  ['*.md\n!readme.md', 'readme.md', false],
  ['*.md\n!readme.md\nread*', 'readme.md', true],
  ['a.c', 'abc', false],
  ['a(b)+|c', 'a(b)+|c', true],
  ['', 'anything', false],
])('%j on %s: %s', (text, path, ignored) => expect(ignorePatterns(text)(path)).toBe(ignored));
