import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {root} from '../commands/run-niyanta.ts';

const {page} = await import(join(root, 'bench/page.mjs'));
const {median, row, single} = await import(join(root, 'bench/result.mjs'));
const {scripts}: {scripts: readonly Script[]} = await import(join(root, 'bench/rows.mjs'));

interface Script {
  readonly script: string;
  readonly rows: readonly string[];
}

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  readonly aim: {readonly atMost?: number; readonly faster?: number};
  readonly met: boolean;
  readonly rounds: {readonly ours: readonly number[]; readonly peer?: readonly number[]};
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** As many digits as a row keeps. */
const figure = (value: number): number => Number(value.toPrecision(4));

const results: {readonly rows: readonly Row[]} = JSON.parse(read('bench/results.json'));

describe('docs/BENCHMARKS.md', () => {
  test('is what its run gave, and nothing else', () => {
    expect(read('docs/BENCHMARKS.md')).toBe(page(results, read('bench/profile.md')));
  });

  test('has every row, measured by a script that is there', () => {
    expect(results.rows.map(({name}) => name)).toEqual(scripts.flatMap(({rows}) => rows));
    expect(scripts.filter(({script}) => !existsSync(join(root, 'bench', script)))).toEqual([]);
  });

  test.each(results.rows.map(each => [each.name, each] as const))('%s follows from its rounds', (_, each) => {
    const {ours, peer, ratio, aim, met, rounds} = each;
    expect([median([...rounds.ours]), Math.max(...rounds.ours)].map(figure)).toContain(ours);
    if (rounds.peer) expect(peer).toBe(median([...rounds.peer]));
    expect(ratio).toBeCloseTo(aim.faster === undefined ? ours / peer : peer / ours, 1);
    expect(met).toBe(aim.faster === undefined ? ratio <= aim.atMost! : ratio >= aim.faster);
  });
});

describe('a row', () => {
  const times = {name: 'x', work: 'w', against: 'a', unit: 's', ours: [1, 9, 2], peer: [6, 5, 90]};

  test.each([
    ['at most, met', {atMost: 0.4}, 0.3333, true],
    ['at most, missed', {atMost: 0.3}, 0.3333, false],
    ['faster, met', {faster: 3}, 3, true],
    ['faster, missed', {faster: 3.1}, 3, false],
  ])('of medians: %s', (_, aim, ratio, met) => {
    expect(row({...times, aim})).toMatchObject({ours: 2, peer: 6, ratio, met});
  });

  test('of a figure alone takes the worst', () => {
    expect(single({...times, most: 8})).toMatchObject({ours: 9, peer: 8, met: false});
  });
});

test('every script of bench/ is run by npm run bench, or is part of one that is', () => {
  const texts = readdirSync(join(root, 'bench'))
    .filter(name => name.endsWith('.mjs'))
    .map(name => [name, read(join('bench', name))] as const);
  const listed = new Set(['run.mjs', ...scripts.map(({script}) => script)]);
  const used = (name: string) => texts.some(([, text]) => text.includes(`./${name}'`) || text.includes(`'${name}'`));
  expect(texts.map(([name]) => name).filter(name => !listed.has(name) && !used(name))).toEqual([]);
});
