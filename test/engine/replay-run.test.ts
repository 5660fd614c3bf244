import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {BeginRecord, JournalRecord} from '../../src/engine/executor/journal-record.ts';
import {listRuns, replayRun} from '../../src/engine/replay-run.ts';
import type {Session} from '../../src/engine/session.ts';
import type {JsonValue} from '../../src/engine/spec/json-value.ts';
import {openFileStore} from '../../src/engine/state/file-store.ts';
import {makeRunId} from '../../src/engine/state/run-id.ts';
import {type Look, plainStyle} from '../../src/engine/view/look.ts';
import {ReplayWriter, recordJson, runsView, standText} from '../../src/engine/view/replay-view.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-replay-'));
});
afterEach(() => rm(folder, {recursive: true}));

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 12, 0, seconds)).toISOString();
const runId = (seconds: number, random: string): string => makeRunId(new Date(at(seconds)), random);
const operation = (id: string, title: string) => ({id, key: `${id}#1`, title, host: 'h1', after: [], inverse: []});

const begin = (run: string, seconds: number, fence: number): BeginRecord => ({
  type: 'begin',
  version: 1,
  run,
  at: at(seconds),
  who: 'ada@desk',
  action: 'apply',
  fence,
  serial: 3,
  images: {},
  services: [],
  volumes: false,
  operations: [operation('web/1', 'start web 1 on h1'), operation('web/2', 'start web 2 on h1')],
  before: [],
});

const first: readonly JournalRecord[] = [
  {type: 'started', at: at(0), operations: 2},
  {type: 'operation-started', at: at(1), operation: 'web/1', title: 'start web 1 on h1'},
  {type: 'operation-finished', at: at(3), operation: 'web/1', outcome: 'done', durationMs: 2000},
];
const rest: readonly JournalRecord[] = [
  {type: 'operation-started', at: at(3), operation: 'web/2', title: 'start web 2 on h1'},
  {
    type: 'operation-finished',
    at: at(4),
    operation: 'web/2',
    outcome: 'failed',
    durationMs: 1000,
    code: 'exited',
    message: 'exited with 3',
    log: ['no disk'],
  },
  {type: 'rollback-started', at: at(4), reason: 'exited with 3'},
  {type: 'operation-undone', at: at(5), operation: 'web/1', title: 'start web 1 on h1'},
  {
    type: 'result',
    at: at(6),
    outcome: 'rolled-back',
    serial: 4,
    operations: [
      {id: 'web/1', outcome: 'undone', durationMs: 2000},
      {id: 'web/2', outcome: 'failed', durationMs: 1000, error: {code: 'exited', message: 'exited with 3'}},
    ],
  },
];

/** A store with its lease; the session reads through another store, as another machine would. */
async function journaling() {
  const path = join(folder, 'niyanta.lock.json');
  const store = openFileStore(path, 'shop');
  const lease = await store.acquire('default', 'apply', {waitMs: 0});
  const append = (run: string, records: readonly JournalRecord[]) =>
    store.journal.append('default', run, records as unknown as readonly JsonValue[]);
  const session = {store: openFileStore(path, 'shop'), environment: 'default'} as unknown as Session;
  return {lease, append, session, fence: lease.holder.fence};
}

async function replayed(session: Session, run?: string, follow = false) {
  const records: JournalRecord[] = [];
  const row = await replayRun(session, {
    run,
    follow,
    signal: AbortSignal.timeout(20_000),
    onRecord: async record => void records.push(record),
  });
  return {records, row};
}

const look: Look = {style: plainStyle, columns: 120, now: new Date(at(126))};

describe('events', () => {
  test('replay the newest run, or one by a part of its id, each record as it was written', async () => {
    const {append, session, fence, lease} = await journaling();
    const [older, newer] = [runId(0, 'aaaaaa'), runId(60, 'bbbbbb')];
    await append(older, [begin(older, 0, fence), ...first, ...rest]);
    await append(newer, [begin(newer, 60, fence)]);
    await lease.release();
    expect((await replayed(session)).records).toEqual([begin(newer, 60, fence)]);
    for (const part of [older, 'aaaaaa', older.slice(0, 17)]) {
      expect((await replayed(session, part)).records, part).toEqual([begin(older, 0, fence), ...first, ...rest]);
    }
    await expect(replayed(session, '2026')).rejects.toMatchObject({code: 'ambiguous-run'});
    await expect(replayed(session, 'cccccc')).rejects.toMatchObject({code: 'unknown-run', exit: 1});
  });

  test('of an environment that has no runs yet say so', async () => {
    const {session} = await journaling();
    await expect(replayed(session)).rejects.toMatchObject({code: 'unknown-run', exit: 1});
    expect(runsView.text(await listRuns(session), look)).toBe('No runs yet. See: niyanta apply');
  });

  test('list each run with how it stands: ended, under way, cut off, taken back', async () => {
    const {append, session, fence, lease} = await journaling();
    const [ended, cut, undone, now] = [
      runId(0, 'aaaaaa'),
      runId(10, 'bbbbbb'),
      runId(20, 'cccccc'),
      runId(60, 'dddddd'),
    ];
    await append(ended, [begin(ended, 0, fence - 3), ...first, ...rest]);
    await append(cut, [begin(cut, 0, fence - 2), ...first]);
    await append(undone, [
      begin(undone, 0, fence - 1),
      ...first,
      {type: 'undo-ended', at: at(9), outcome: 'undone', left: []},
    ]);
    await append(now, [begin(now, 0, fence), ...first]);
    const states = async () => (await listRuns(session)).map(({state, done, total}) => `${state} ${done}/${total}`);
    expect(await states()).toEqual(['under-way 1/2', 'undone 1/2', 'interrupted 1/2', 'rolled-back 0/2']);
    await lease.release();
    expect((await states())[0]).toBe('interrupted 1/2');
    expect(runsView.text((await listRuns(session)).slice(3), look)).toBe(
      `RUN                         WHEN           WHO       ACTION  OUTCOME        DONE  TOOK
${ended}  2 minutes ago  ada@desk  apply   rolled back  0 of 2    6s`,
    );
  });

  test('take as long as they took, whatever becomes of them later', async () => {
    const {append, session, fence} = await journaling();
    const [ended, undone] = [runId(0, 'aaaaaa'), runId(10, 'bbbbbb')];
    const later = at(3000);
    await append(ended, [begin(ended, 0, fence - 1), ...first, {type: 'superseded', at: later, by: undone}]);
    const taken: readonly JournalRecord[] = [
      {type: 'undo-started', at: later, who: 'ada@desk'},
      {type: 'undo-ended', at: later, outcome: 'undone', left: []},
    ];
    await append(undone, [begin(undone, 0, fence), ...first, ...rest, ...taken]);
    expect((await listRuns(session)).map(({durationMs}) => durationMs)).toEqual([6000, 3000]);
  });

  test('follow a run that is under way, from another store, until it ends', async () => {
    const {append, session, fence} = await journaling();
    const run = runId(0, 'aaaaaa');
    await append(run, [begin(run, 0, fence), ...first]);
    const following = replayed(session, undefined, true);
    const early = await replayed(session);
    expect(early.row.state).toBe('under-way');
    expect(standText(early.row)).toBe('under way, 1 of 2 operations done; follow it with: niyanta events -f');
    await append(run, rest);
    const {records, row} = await following;
    expect(records).toEqual([begin(run, 0, fence), ...first, ...rest]);
    expect(row.state).toBe('rolled-back');
    expect(standText(row)).toBeUndefined();
  });

  test('follow one whose writer dies until its lease is gone, and say that it was cut off', async () => {
    const {append, session, fence, lease} = await journaling();
    const run = runId(0, 'aaaaaa');
    await append(run, [begin(run, 0, fence), ...first]);
    const following = replayed(session, undefined, true);
    await lease.release();
    const {row} = await following;
    expect(row.state).toBe('interrupted');
    expect(standText(row)).toMatch(/^interrupted, 1 of 2 operations done: .*niyanta apply goes on from what the hosts/);
  });

  test('as text have how long after the beginning each thing happened', () => {
    const writer = new ReplayWriter(look);
    const run = runId(0, 'aaaaaa');
    const lines = [begin(run, 0, 7), ...first, ...rest].flatMap(record => writer.lines(record));
    expect(lines.join('\n')).toBe(
      `apply ${run} by ada@desk, ${at(0)}, 2 operations
   +1.000s  start   start web 1 on h1
   +3.000s  done    start web 1 on h1 (2s)
   +3.000s  start   start web 2 on h1
   +4.000s  failed  start web 2 on h1: exited with 3
                    | no disk
   +4.000s  rolling back: exited with 3
   +5.000s  undone  start web 1 on h1
   +6.000s  Failed and rolled back: what ran before runs again`,
    );
  });

  test('as JSON begin with what was going to be done, without how it would be taken back', () => {
    const {version: _, images: __, volumes: ___, before: ____, ...told} = begin('r', 0, 7);
    expect(recordJson(begin('r', 0, 7))).toEqual({
      ...told,
      operations: told.operations.map(({inverse: _, ...one}) => one),
    });
    expect(recordJson(rest.at(-1)!)).toEqual({...rest.at(-1)!, exitCode: 6});
  });
});
