import {join} from 'node:path';
import {expect, test} from 'vitest';
import {root} from './sources.ts';

const {importProblems, importsOf, problemsOf} = await import(join(root, 'scripts/check-imports.mjs'));

test('every file imports from its own folder and from lower floors only', () => {
  expect(importProblems()).toEqual([]);
});

test.each([
  ['spec/a.ts', `import {b} from '../hosts/b.ts'`, 'floor-0-spec'],
  ['spec/a.ts', `import type {B} from '../hosts/b.ts'`, 'floor-0-spec'],
  ['spec/a.ts', `export {b} from '../hosts/b.ts'`, 'floor-0-spec'],
  ['spec/a.ts', `const b = await import('../hosts/b.ts')`, 'floor-0-spec'],
  ['spec/a.ts', `type B = import('../hosts/b.ts').B`, 'floor-0-spec'],
  ['spec/a.ts', `import {readFileSync} from 'node:fs'`, 'pure-rooms-do-no-io'],
  ['planner/a.ts', `import {type A, b} from '../state/b.ts'`, 'floor-3-planner-types-only'],
  ['planner/a.ts', `import {type A, type B} from '../state/b.ts'`, undefined],
  ['planner/a.ts', `import type {B} from '../../engine/state/b.ts'`, undefined],
  ['runtime/a.ts', `import {b} from '../hosts/b.ts'`, undefined],
  ['runtime/a.ts', `// import {b} from '../planner/b.ts'`, undefined],
  ['use-case.ts', `import {b} from './view/b.ts'`, 'floor-5-use-cases'],
  ['use-case.ts', `import {b} from '../commands/b.ts'`, 'nobody-imports-commands'],
])('in %s: %s → %s', (file, text, rule) => {
  const problems: string[] = problemsOf(importsOf(`src/engine/${file}`, text));
  expect(problems.some(problem => problem.startsWith(`${rule}: `))).toBe(rule !== undefined);
  if (rule === undefined) expect(problems).toEqual([]);
});

test('a ring of imports is found, unless types alone close it', () => {
  const ring = (back: string) => [
    ...importsOf('src/engine/spec/a.ts', `import {b} from './b.ts'`),
    ...importsOf('src/engine/spec/b.ts', back),
  ];
  expect(problemsOf(ring(`export * from './a.ts'`))).toHaveLength(1);
  expect(problemsOf(ring(`import type {A} from './a.ts'`))).toEqual([]);
});
