import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import type {ReplicaRow} from '../../../src/engine/show-replicas.ts';
import {diffView} from '../../../src/engine/view/diff-view.ts';
import {historyView} from '../../../src/engine/view/history-view.ts';
import {lockView, waitingText} from '../../../src/engine/view/lock-view.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';
import {placementView} from '../../../src/engine/view/placement-view.ts';
import {psView} from '../../../src/engine/view/ps-view.ts';
import {age, ago, bytes, duration} from '../../../src/engine/view/quantities-view.ts';
import {table} from '../../../src/engine/view/tables.ts';

const now = new Date('2026-03-10T12:00:00Z');
const look: Look = {style: plainStyle, columns: 80, now};

describe('quantities', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [268_435_456, '256 MiB'],
    [5e12, '4.5 TiB'],
  ])('%d bytes are %s', (count, text) => expect(bytes(count)).toBe(text));

  test.each([
    [0, '0ms'],
    [350, '350ms'],
    [1500, '1.5s'],
    [12_000, '12s'],
    [125_000, '2m5s'],
    [7_200_000, '2h'],
    [90_061_000, '1d1h'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

  test.each([
    ['2026-03-10T11:59:59.500Z', '0s', 'just now'],
    ['2026-03-10T11:59:30Z', '30s', '30 seconds ago'],
    ['2026-03-10T10:59:00Z', '1h', '1 hour ago'],
    ['2026-03-07T11:00:00Z', '3d', '3 days ago'],
    ['2027-01-01T00:00:00Z', '0s', 'just now'],
    ['nonsense', '-', 'at an unknown time'],
  ])('since %s is %s, %s', (since, short, long) => {
    expect(age(since, now)).toBe(short);
    expect(ago(since, now)).toBe(long);
  });
});

describe('tables', () => {
  const columns = [
    {title: 'NAME', value: (row: {name: string; note: string}) => row.name},
    {title: 'NOTE', value: (row: {name: string; note: string}) => row.note, shrinkTo: 6},
    {title: 'NEVER', value: () => ''},
  ];

  test('align by width on the screen, leave empty columns out', () => {
    const rows = [
      {name: '你好', note: 'wide'},
      {name: 'plain', note: 'narrow'},
    ];
    expect(table(rows, columns, look)).toBe('NAME   NOTE\n你好   wide\nplain  narrow');
  });

  test('shorten what may be shortened, and leave columns out by their order', () => {
    const rows = [{name: 'a', note: 'a note that is long'}];
    expect(table(rows, columns, {...look, columns: 14})).toBe('NAME  NOTE\na     a note …');
    const droppable = [...columns, {title: 'X', value: () => 'xxxxxxxxxx', dropOrder: 1}];
    expect(table(rows, droppable, {...look, columns: 14})).toBe('NAME  NOTE\na     a note …');
  });
});

describe('ps', () => {
  const row = (parts: Partial<ReplicaRow>): ReplicaRow => ({
    service: 'backend',
    replica: 1,
    host: 'h1',
    state: 'running',
    health: 'healthy',
    restarts: 0,
    image: 'docker.io/shop/backend:1.4',
    address: '10.89.1.4',
    ports: [],
    startedAt: '2026-03-10T09:00:00Z',
    cpu: 0.031,
    memory: 44_040_192,
    memoryLimit: 268_435_456,
    ...parts,
  });
  const result = {
    stack: 'shop',
    environment: 'default',
    state: 'degraded' as const,
    why: 'backend 1 of 2',
    replicas: [
      row({}),
      row({
        replica: 2,
        host: 'h2',
        state: 'failed',
        health: 'unhealthy',
        restarts: 4,
        cpu: undefined,
        memory: undefined,
      }),
      row({service: 'frontend', image: 'shop/frontend:2.0', health: 'none', ports: ['80:8080']}),
    ],
    unreachable: [],
  };

  test('fits 80 columns: the address goes first, then the image, then the ports', () => {
    const text = psView.text(result, look);
    expect(text).toBe(
      `
shop, environment default: degraded, backend 1 of 2

SERVICE   #  HOST  STATE    HEALTH     RESTARTS  AGE   CPU          MEMORY
backend   1  h1    running  healthy           0   3h  3.1%  42 MiB/256 MiB
backend   2  h2    failed   unhealthy         4   3h
frontend  1  h1    running                    0   3h  3.1%  42 MiB/256 MiB
`.trim(),
    );
    for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  test('shows everything where there is room', () => {
    const wide = psView.text(result, {...look, columns: 140}).split('\n');
    expect(wide[2]).toMatch(/IMAGE +PORTS +ADDRESS$/);
    expect(wide[5]).toMatch(/shop\/frontend:2.0 +80:8080 +10.89.1.4$/);
  });

  test('says what to do when there is nothing', () => {
    expect(psView.text({...result, unreachable: [{host: 'h3', error: 'no route'}]}, look)).toMatch(
      /\n\nh3 does not answer: no route$/,
    );
    expect(psView.text({...result, replicas: []}, look)).toContain('No replicas. See: niyanta plan');
  });
});

test('history has the newest first, in words', () => {
  const entry = {
    serial: 1,
    at: '2026-03-07T12:00:00Z',
    who: 'ann@desk',
    action: 'apply',
    outcome: 'applied',
    summary: '3 created',
  } as const;
  const text = historyView.text(
    [entry, {...entry, serial: 2, outcome: 'rolled-back', summary: '1 replaced', at: '2026-03-10T11:58:00Z'}],
    look,
  );
  expect(text).toBe(
    `
SERIAL  WHEN           WHO       ACTION  OUTCOME      WHAT
     2  2 minutes ago  ann@desk  apply   rolled back  1 replaced
     1  3 days ago     ann@desk  apply   applied      3 created
`.trim(),
  );
});

test('of a volume, history says what was done with it', () => {
  const entry = {
    serial: 3,
    at: '2026-03-10T11:58:00Z',
    who: 'ann@desk',
    action: 'volume-restore',
    outcome: 'rollback-failed',
    summary: 'data on h1 from 20260310T030000Z-1a2b3c',
  } as const;
  expect(historyView.text([entry], look).split('\n')[1]).toBe(
    '     3  2 minutes ago  ann@desk  volume restore  rollback failed  data on h1 from…',
  );
});

test('a lock says who, since when, from where, until when', () => {
  const holder = {
    id: 'x',
    owner: 'ann@desk',
    machine: 'desk',
    pid: 42,
    since: '2026-03-10T11:59:00Z',
    expires: '2026-03-10T12:00:12Z',
    reason: 'apply',
    fence: 3,
  };
  const queue = [
    {owner: 'ci@runner', machine: 'runner', pid: 7, reason: 'apply', since: '2026-03-10T11:59:30Z'},
    {owner: 'bob@laptop', machine: 'laptop', pid: 8, reason: 'destroy', since: '2026-03-10T11:59:50Z'},
  ];
  const text = lockView.text({environment: 'default', holder, queue}, look);
  expect(text).toMatch(
    /held by ann@desk for apply\n {2}since .*\(1 minute ago\)\n.*desk, process 42\n.*expires in 12s/,
  );
  expect(text).toMatch(
    /\n {2}next +ci@runner for apply, process 7 on runner, came 30 seconds ago\n +bob@laptop for destroy/,
  );
  expect(lockView.text({environment: 'default', queue: []}, look)).toBe('Environment default is free.');
});

test('a lock says how far its holder is, and one who waits is told that and its own place', () => {
  const progress = {done: 3, total: 40, doing: 'starting web/2 on h1', at: '2026-03-10T11:59:58Z'};
  const [owner, machine, since] = ['ann@desk', 'desk', '2026-03-10T11:59:00Z'];
  const holder = {id: 'x', owner, machine, pid: 42, since, expires: since, reason: 'apply', fence: 3, progress};
  expect(lockView.text({environment: 'default', holder, queue: []}, look)).toContain(
    'done     3 of 40: starting web/2 on h1 (2 seconds ago)',
  );
  expect(waitingText(holder, 2)).toBe(
    'waiting for ann@desk (apply, since 2026-03-10T11:59:00Z, 3 of 40: starting web/2 on h1); in line: place 2',
  );
});

test('a diff is unified, and empty when nothing differs', () => {
  const before = {name: 'serial 3', text: 'replicas: 1\nimage: a\n'};
  const after = {name: 'stack.yaml', text: 'replicas: 2\nimage: a\n'};
  expect(diffView.text({before, after}, look)).toBe(
    '--- serial 3\n+++ stack.yaml\n@@ -1,2 +1,2 @@\n-replicas: 1\n+replicas: 2\n image: a',
  );
  expect(diffView.text({before, after: before}, look)).toBe('');
});

test('placement tells of every host', () => {
  const placed = {
    service: 'web',
    replica: 1,
    host: 'h2',
    because: 'most memory free',
    rejected: [{host: 'h3', reason: 'is in drain'}],
  };
  expect(placementView.text({service: 'web', hosts: ['h1', 'h2', 'h3'], placements: [placed]}, look)).toBe(
    'web 1\n  + h2: most memory free\n    h1: possible, but not the best\n  - h3: is in drain',
  );
});
