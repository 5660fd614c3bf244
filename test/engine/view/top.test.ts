import {expect, test} from 'vitest';
import type {Figures, ReplicaFigures} from '../../../src/engine/figures.ts';
import {figuresView} from '../../../src/engine/view/figures-view.ts';
import {plainStyle} from '../../../src/engine/view/look.ts';
import {width} from '../../../src/engine/view/text-layout.ts';
import {topFrame} from '../../../src/engine/view/top-frame.ts';
import {afterKey, afterRound, firstModel, selection, type TopModel} from '../../../src/engine/view/top-model.ts';

const row = (service: string, replica: number, more: Partial<ReplicaFigures> = {}): ReplicaFigures => ({
  service,
  replica,
  host: 'h1',
  container: `${service}-${replica}`,
  state: 'running',
  restarts: 0,
  cpu: 0.05,
  memory: 10 << 20,
  ...more,
});

const figures: Figures = {
  stack: 'shop',
  environment: 'staging',
  at: '2026-01-31T12:00:00.000Z',
  replicas: [
    row('backend', 1, {cpu: 1.5, memoryLimit: 64 << 20, memory: 63 << 20, oomKills: 2}),
    row('backend', 2, {restarts: 7, state: 'restarting', cpu: undefined, memory: undefined}),
    row('db', 1, {memory: 300 << 20}),
  ],
  unreachable: ['h2'],
};

const look = (columns: number) => ({style: plainStyle, columns, now: new Date('2026-01-31T12:00:01Z')});
const model = (more: Partial<TopModel> = {}): TopModel => ({...firstModel, figures, ...more});
const typed = (from: TopModel, ...keys: string[]): TopModel =>
  keys.reduce((now, key) => {
    const after = afterKey(now, key);
    if (after === 'quit') throw new Error('quit');
    return after;
  }, from);

test('the screen at 80 columns', () => {
  const logs = {container: 'backend-1', lines: ['one', 'two\u001b[31m', 'x'.repeat(200)]};
  expect(topFrame(model({logs}), look(80), 16)).toEqual([
    'shop, environment staging: 2 of 3 replicas run, 1.55 cores, 363 MiB',
    'no answer from h2',
    '',
    '  SERVICE  #  HOST  STATE        CPU   MEMORY   LIMIT  MEM%  RESTARTS  OOM',
    '▸ backend  1  h1    running     150%   63 MiB  64 MiB   98%         0    2',
    '  backend  2  h1    restarting                                      7',
    '  db       1  h1    running     5.0%  300 MiB                       0',
    `─ backend 1 ${'─'.repeat(68)}`,
    'one',
    'two\\e[31m',
    `${'x'.repeat(79)}…`,
    '',
    '',
    '',
    '',
    'by name · ? keys · q leave',
  ]);
});

test.each([20, 40, 60, 80, 132, 300])(
  'no line is wider than %s columns, and none stands below the terminal',
  columns => {
    const many: Figures = {
      ...figures,
      replicas: Array.from({length: 200}, (_, i) => row(`service-with-a-long-name-${i}`, i + 1)),
    };
    for (const rows of [5, 10, 24, 60]) {
      for (const now of [
        model(),
        model({figures: many, selected: 'service-with-a-long-name-150/151@h1'}),
        model({showsKeys: true}),
        firstModel,
      ]) {
        const frame = topFrame(now, look(columns), rows);
        expect(frame).toHaveLength(rows);
        expect(Math.max(...frame.map(width))).toBeLessThanOrEqual(columns);
      }
    }
  },
);

test('a selected row is in sight however many there are', () => {
  const many: Figures = {...figures, replicas: Array.from({length: 200}, (_, i) => row(`s${i}`, 1))};
  for (const selected of ['s0/1@h1', 's77/1@h1', 's199/1@h1']) {
    const frame = topFrame(model({figures: many, selected}), look(80), 24);
    expect(frame.filter(line => line.startsWith('▸'))).toEqual([expect.stringContaining(selected.split('/')[0]!)]);
  }
});

test('keys move the selection, which stays with its replica when the order or its container changes', () => {
  expect(selection(model()).row).toMatchObject({service: 'backend', replica: 1});
  const second = typed(model(), 'down');
  expect(selection(second).row).toMatchObject({service: 'backend', replica: 2});
  expect(selection(typed(second, 's', 's')).row).toMatchObject({service: 'backend', replica: 2});
  const replaced = {...figures, replicas: figures.replicas.map(one => ({...one, container: `${one.container}-new`}))};
  expect(selection(afterRound(second, replaced)).row).toMatchObject({replica: 2, container: 'backend-2-new'});
  expect(selection(typed(model(), 'G')).row?.service).toBe('db');
  expect(selection(typed(model(), 'G', 'j', 'j', 'g')).row?.replica).toBe(1);
  expect(selection(model({figures: {...figures, replicas: []}})).row).toBeUndefined();
});

test('sorted by what a person chooses, the largest first', () => {
  const names = (now: TopModel) =>
    topFrame(now, look(80), 24).flatMap(line => /^(?:▸| ) (\w+ +\d) /.exec(line)?.[1] ?? []);
  expect(names(typed(model(), 's'))[0]).toMatch(/backend +1/);
  expect(names(typed(model(), 's', 's'))[0]).toMatch(/db +1/);
  expect(names(typed(model(), 's', 's', 's'))[0]).toMatch(/backend +2/);
  expect(typed(model(), 's', 's', 's', 's').order).toBe('name');
});

test('held still, nothing changes until it goes on', () => {
  const held = typed(model(), 'p');
  expect(afterRound(held, {...figures, replicas: []}).figures).toBe(figures);
  expect(afterRound(typed(held, 'p'), {...figures, replicas: []}).figures?.replicas).toEqual([]);
});

test('q ends, also while the keys are shown, which any other key closes', () => {
  expect(afterKey(model(), 'q')).toBe('quit');
  expect(afterKey(model({showsKeys: true}), 'q')).toBe('quit');
  expect(typed(model(), '?').showsKeys).toBe(true);
  expect(typed(model(), '?', 'x').showsKeys).toBe(false);
});

test('stats is the same table, and the figures themselves as JSON', () => {
  expect(figuresView.text(figures, look(80))).toContain('backend  1  h1    running     150%   63 MiB');
  expect(figuresView.json).toBeUndefined();
});
