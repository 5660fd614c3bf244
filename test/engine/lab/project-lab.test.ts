import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {labOfProject} from '../../../src/engine/lab/project-lab.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'niyanta-project-lab-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

test.each([
  ['names a lab', 'name: shop\nlab: shop\n', 'shop'],
  ['names none', 'name: shop\n', undefined],
  ['is wrong elsewhere', 'lab: shop\nhosts: [\n', 'shop'],
  ['has a lab that is no name', 'lab: {a: 1}\n', undefined],
  ['is empty', '', undefined],
])('a project that %s', (_, text, lab) => {
  const below = join(folder, 'a/b');
  mkdirSync(below, {recursive: true});
  writeFileSync(join(folder, 'niyanta.yaml'), text);
  expect(labOfProject(below)).toBe(lab);
});
