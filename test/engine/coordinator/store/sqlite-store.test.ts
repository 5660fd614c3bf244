import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {openSqlite} from '../../../../src/engine/coordinator/store/sqlite/sqlite-database.ts';
import {storeOf} from '../../../../src/engine/coordinator/store/verbs-of.ts';
import {settings, sqliteBackend} from './backends.ts';
import {submission} from './samples.ts';
import {describeStore} from './store-suite.ts';

describeStore('sqlite');

describe('a folder with a store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'niyanta-store-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  /** A process that submits; `killed` ends it in the middle and says what it was told is accepted. */
  const submitter = (name: string) => {
    const script = fileURLToPath(new URL('store-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder, name], {stdio: ['ignore', 'pipe', 'inherit']});
    let said = '';
    child.stdout.on('data', chunk => {
      said += chunk;
    });
    const ended = once(child, 'close');
    const lines = () => said.split('\n').slice(0, -1);
    return {
      lines,
      ended,
      async killed() {
        child.kill('SIGKILL');
        await ended;
        return lines();
      },
    };
  };

  test('loses nothing that was accepted when its process is killed in the middle of writes', async () => {
    const accepted: string[] = [];
    for (let round = 0; round < 3; round++) {
      const process = submitter(`r${round}`);
      const enough = accepted.length;
      await expect.poll(() => process.lines().length, {timeout: 30_000}).toBeGreaterThan(20 + (enough % 7));
      accepted.push(...(await process.killed()));
    }
    const store = await sqliteBackend.open(folder);
    const {items} = await store.workloads('everyone', {limit: 100_000});
    const there = new Set(items.map(({id}) => id));
    expect(accepted.filter(id => !there.has(id))).toEqual([]);
    const events = await store.events('everyone', {types: ['workload.accepted'], limit: 100_000});
    expect(events.map(({workload}) => workload)).toEqual(items.map(({id}) => id).toReversed());
    await store.close();
  });

  test('is refused to a second process, and to a second store of the same', async () => {
    const store = await sqliteBackend.open(folder);
    const second = submitter('x');
    await second.ended;
    expect(second.lines()).toEqual(['data-in-use']);
    await expect(sqliteBackend.open(folder)).rejects.toMatchObject({
      code: 'data-in-use',
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('fuser'),
    });
    await store.submit([submission('a')]);
    await store.close();
    await (await sqliteBackend.open(folder)).close();
  });

  test('leads again at once when who led from it has ended', async () => {
    const before = await sqliteBackend.open(folder);
    await before.lead({coordinator: 'c1', ttlMs: 600_000});
    await before.close();
    const after = await sqliteBackend.open(folder);
    expect(await after.lead({coordinator: 'c2', ttlMs: 600_000})).toEqual({coordinator: 'c2', generation: 2});
    await after.close();
  });

  test('that is broken is told as such', async () => {
    await writeFile(join(folder, 'niyanta.db'), 'no database'.repeat(1000));
    await expect(sqliteBackend.open(folder)).rejects.toMatchObject({code: 'data-unreadable', exit: 1});
  });

  test('is for its owner alone', async () => {
    const inside = join(folder, 'data');
    await (await sqliteBackend.open(inside)).close();
    const {stat} = await import('node:fs/promises');
    expect((await stat(inside)).mode & 0o777).toBe(0o700);
    await chmod(inside, 0o755);
  });

  test('a closed store says so', async () => {
    const store = await sqliteBackend.open(folder);
    const under = store.submit([submission('a')]);
    await store.close();
    await expect(under).resolves.toHaveLength(1);
    await expect(store.submit([submission('b')])).rejects.toMatchObject({code: 'database-closed'});
  });

  test('whose clock is set back keeps nobody waiting for a leader that is gone', async () => {
    let now = 1_700_000_000_000;
    const store = storeOf(await openSqlite(folder, () => now), settings);
    const lead = (coordinator: string) => store.lead({coordinator, ttlMs: 4000});
    expect(await lead('a')).toMatchObject({generation: 1});
    now -= 5000;
    expect(await lead('b')).toBeUndefined();
    now -= 3_600_000;
    expect(await lead('b')).toMatchObject({generation: 2});
    expect(await lead('a')).toBeUndefined();
    await store.close();
  });
});
