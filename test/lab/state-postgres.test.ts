import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {type PostgresLocation, parseStateLocation} from '../../src/engine/spec/state-location.ts';
import {Database} from '../../src/engine/state/postgres/database.ts';
import {openPostgresStore} from '../../src/engine/state/postgres/postgres-store.ts';
import type {Transaction} from '../../src/engine/state/postgres/transaction.ts';
import {makeRunId} from '../../src/engine/state/run-id.ts';
import type {StateStore} from '../../src/engine/state/store.ts';
import {describeStore} from '../engine/state/store-suite.ts';
import {DarkProxy} from './harness/dark-proxy.ts';
import {TestPostgres} from './harness/state-in-postgres.ts';

describeStore('postgres');

describe('a state in a database', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await TestPostgres.start();
  }, 60_000);
  afterAll(() => server.stop());
  const opened: StateStore[] = [];
  const open = (project = 'shop', url = server.url('postgres'), env = {}) => {
    const location = parseStateLocation(url, '/', '/');
    if ('wrong' in location || location.kind !== 'postgres') throw new Error(url);
    const values = async () => new Map([['state-password', 'from the secrets']]);
    const around = {secrets: {values, origins: async () => []}, ssh: {env}};
    const store = openPostgresStore(location, project, around, {ttlMs: 15_000, renewMs: 500, pollMs: 100});
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(store => store.close()));
  });

  test('several projects are kept apart', async () => {
    const [shop, blog] = [open('shop'), open('blog')];
    const written = await shop.update(0, lock => lock);
    expect(await blog.read()).toMatchObject({project: 'blog', serial: 0});
    const one = await shop.acquire('default', 'apply', {waitMs: 0});
    const two = await blog.acquire('default', 'apply', {waitMs: 0});
    await Promise.all([one.release(), two.release()]);
    expect(await open('shop').read()).toEqual(written);
  });

  test('a writer that was stopped in the middle of a statement keeps others waiting for seconds only', async () => {
    const store = open('stopped');
    const written = await store.update(0, lock => lock);
    const stopped = await server.stoppedWhileHolding('select * from niyanta.lock_files for update', 'niyanta');
    onTestFinished(() => void stopped.kill('SIGKILL'));
    expect((await store.update(written.serial, lock => lock)).serial).toBe(written.serial + 1);
  });

  test('connections that are closed without a word in the middle of a transaction end nobody: it is done again', async () => {
    const proxy = await DarkProxy.before(join(server.folder, '.s.PGSQL.5432'));
    onTestFinished(() => proxy.close());
    const location = parseStateLocation(
      `postgres://postgres@127.0.0.1:${proxy.port}/postgres?sslmode=disable`,
      '/',
      '/',
    );
    const database = new Database(
      location as PostgresLocation,
      {values: async () => new Map(), origins: async () => []},
      {},
    );
    onTestFinished(() => database.close());
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note).on('uncaughtException', note);
    onTestFinished(() => void process.off('unhandledRejection', note).off('uncaughtException', note));
    await server.sql('postgres', 'create table public.done (number int)');
    const ending = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'niyanta'";
    const ends = [() => proxy.light(), () => server.sql('postgres', ending)];
    // In the middle of a statement; between two, before the next one is asked at once, and later.
    const waysToAsk = [
      async (sql: Transaction, end: () => unknown) => {
        const asked = sql`select pg_sleep(10)`;
        await Promise.all([asked, sleep(50).then(end)]);
      },
      async (sql: Transaction, end: () => unknown) => {
        await end();
        await sql`select 1`;
      },
      async (sql: Transaction, end: () => unknown) => {
        await end();
        await sleep(300);
        await Promise.allSettled([sql`select 1`, sql`select 2`]);
      },
    ];
    let number = 0;
    for (const end of ends)
      for (const ask of waysToAsk) {
        let tries = 0;
        number += 1;
        await database.transaction(async sql => {
          tries += 1;
          await sql`insert into public.done values (${number})`;
          if (tries === 1) await ask(sql, end);
        });
        expect([number, tries]).toEqual([number, 2]);
      }
    const rows = await server.sql('postgres', 'select number from public.done order by number');
    expect(rows.map(row => row.number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(unhandled).toEqual([]);
  });

  test('the lease outlives a restart without a goodbye, and what is under way is done once', async () => {
    const store = open('restart');
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    const run = makeRunId(new Date(), 'abc123');
    await store.journal.append('default', run, ['before']);
    const written = await store.update(0, lock => lock);
    server.halt();
    const appending = store.journal.append('default', run, ['during']);
    const updating = store.update(written.serial, lock => lock);
    await sleep(1000);
    server.boot();
    await appending;
    expect((await updating).serial).toBe(written.serial + 1);
    await sleep(1500);
    expect(lease.lost.aborted).toBe(false);
    expect(await open('restart').journal.read('default', run)).toEqual(['before', 'during']);
    await lease.release();
  });

  test('the last ten are kept, and can be read', async () => {
    const store = open('kept');
    for (let serial = 0; serial < 13; serial++) await store.update(serial, lock => lock);
    const kept = await store.backups();
    expect(kept.map(({serial}) => serial)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(await store.backup(12)).toMatchObject({serial: 12});
    await expect(store.backup(1)).rejects.toMatchObject({code: 'backup-not-found'});
  });

  test('a password comes from the URL, a secret or PGPASSWORD, and is in no message', async () => {
    await server.sql('postgres', "create role ann login password 'from the secrets'");
    await server.sql('postgres', 'create database anns owner ann');
    await server.askPasswords('ann');
    const as = (login: string) => server.url('anns').replace('postgres@', `${login}@`);
    expect(await open('shop', as('ann:${secret:state-password}')).update(0, lock => lock)).toMatchObject({serial: 1});
    expect(await open('shop', as('ann'), {PGPASSWORD: 'from the secrets'}).read()).toMatchObject({serial: 1});
    const wrong = open('shop', as('ann:hunter2-wrong')).read();
    await expect(wrong).rejects.toMatchObject({code: 'state-refused', hint: expect.stringContaining('PGPASSWORD')});
    await expect(wrong).rejects.not.toThrow('hunter2');
    await expect(open('shop', as('ann'), {PGPASSWORD: 'hunter2-wrong'}).read()).rejects.toMatchObject({
      code: 'state-refused',
    });
  });

  test('tables of a newer version are left alone', async () => {
    await server.sql('postgres', 'create database newer');
    await server.sql(
      'newer',
      'create schema niyanta; create table niyanta.versions (version integer primary key, since timestamptz default now()); insert into niyanta.versions values (7)',
    );
    await expect(open('shop', server.url('newer')).read()).rejects.toMatchObject({code: 'state-newer'});
  });

  test('a database that is not there, or a server, is told as such', async () => {
    await expect(open('shop', server.url('nowhere')).read()).rejects.toMatchObject({
      code: 'state-refused',
      hint: expect.stringContaining('createdb'),
    });
    await expect(open('shop', 'postgres://ann@127.0.0.1:9/x').read()).rejects.toMatchObject({
      code: 'state-unreachable',
      transient: true,
    });
  }, 20_000);
});
