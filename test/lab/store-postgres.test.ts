import postgres from 'postgres';
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import type {Store} from '../../src/engine/coordinator/store/index.ts';
import {migratePostgres, revertPostgres, SCHEMA} from '../../src/engine/coordinator/store/postgres/migrate-postgres.ts';
import {postgresMigrations} from '../../src/engine/coordinator/store/postgres/postgres-migrations.ts';
import {ann, submission} from '../engine/coordinator/store/samples.ts';
import {describeStore} from '../engine/coordinator/store/store-suite.ts';
import {storeInPostgres} from './harness/store-in-postgres.ts';

describeStore('postgres');

describe('a store in a PostgreSQL', () => {
  const backend = storeInPostgres();
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = await backend.start!();
  }, 60_000);
  afterAll(() => stop());
  const opened: Store[] = [];
  const open = async (database = 'postgres') => {
    opened.push(await backend.open(backend.server().url(database)));
    return opened.at(-1)!;
  };
  /** As somebody else who has the database. */
  const connected = (database: string) =>
    postgres({
      host: backend.server().folder,
      user: 'postgres',
      database,
      max: 1,
      connection: {search_path: SCHEMA},
      onnotice: () => {},
    });
  const waiting = async () => {
    const text = "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'";
    return (await backend.server().sql('postgres', text))[0]!.n;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(store => store.close()));
  });

  test('whose server is cut off in the middle loses nothing that was accepted, and does nothing twice', async () => {
    const store = await open();
    const accepted: string[] = [];
    let going = true;
    const callers = Array.from({length: 8}, async () => {
      while (going) {
        try {
          accepted.push((await store.submit([submission('a')]))[0]!.id);
        } catch (error) {
          expect(error).toMatchObject({name: 'OutsideError', code: 'database-unreachable', transient: true});
        }
      }
    });
    for (let round = 0; round < 2; round++) {
      const before = accepted.length;
      await expect.poll(() => accepted.length).toBeGreaterThan(before + 20);
      backend.server().halt();
      backend.server().boot();
    }
    const before = accepted.length;
    await expect.poll(() => accepted.length, {timeout: 20_000}).toBeGreaterThan(before);
    going = false;
    await Promise.all(callers);
    const {items} = await store.workloads('everyone', {limit: 100_000});
    const there = items.map(({id}) => id);
    expect(accepted.filter(id => !there.includes(id))).toEqual([]);
    const events = await store.events('everyone', {types: ['workload.accepted'], limit: 100_000});
    expect(events.map(({workload}) => workload)).toEqual(there.toReversed());
  });

  test('whose leader was stopped in the middle of a statement is free again after seconds', async () => {
    const store = await open();
    const stopped = await backend
      .server()
      .stoppedWhileHolding(`select * from ${SCHEMA}.leader for update`, 'niyanta serve');
    onTestFinished(() => void stopped.kill('SIGKILL'));
    expect(await store.lead({coordinator: 'next', ttlMs: 4000})).toMatchObject({coordinator: 'next'});
  });

  test('that is not there is told as such, and found again by itself, by who waits for hints, too', async () => {
    const store = await open();
    let hints = 0;
    await store.onHint(() => {
      hints++;
    });
    backend.server().halt();
    await expect(store.note({type: 'x', actor: ann, data: {}})).rejects.toMatchObject({
      code: 'database-unreachable',
      transient: true,
      message: expect.stringContaining('postgres://postgres@/postgres'),
    });
    backend.server().boot();
    await store.note({type: 'back', actor: ann, data: {}});
    expect(await store.events('everyone', {types: ['back'], limit: 9})).toHaveLength(1);
    const before = hints;
    const heard = async () => {
      await store.submit([submission('a')]);
      return hints > before;
    };
    await expect.poll(heard, {timeout: 10_000}).toBe(true);
  });

  test('that ends a transaction for another does it again', async () => {
    const store = await open();
    const [a, b] = (await store.submit([submission('a'), submission('b')])).map(({id}) => id) as [string, string];
    const leadership = (await store.lead({coordinator: 'c1', ttlMs: 60_000}))!;
    const other = connected('postgres');
    const holding = Promise.withResolvers<void>();
    // It has the second and wants the first, while `change` has the first and wants the second: one of them is ended.
    const locking = other
      .begin(async sql => {
        await sql`set local deadlock_timeout = '5s'`;
        await sql`select id from workloads where id = ${b} for update`;
        holding.resolve();
        await expect.poll(() => waiting(), {timeout: 10_000}).toBe(1);
        await sql`select id from workloads where id = ${a} for update`;
      })
      .catch((error: Error) => error);
    await holding.promise;
    const changes = [a, b].map(
      workload => ({workload, from: 'PENDING', attempt: 0, to: 'FAILED', reason: 'no'}) as const,
    );
    expect((await store.change(leadership, changes)).toSorted()).toEqual([a, b].toSorted());
    expect(await locking).not.toBeInstanceOf(Error);
    await other.end();
  });

  test('a submission whose answer was lost is the one that is there, and no other, when it is sent again', async () => {
    const store = await open();
    const customer = 'patient';
    const lost = [submission('a', {customer}), submission('b', {customer})];
    const accepted = await store.submit(lost);
    const others = [submission('c', {customer}), submission('d', {customer})];
    const [again, fresh] = await Promise.all([store.submit(lost), store.submit(others)]);
    expect(again).toEqual(accepted);
    expect(fresh.map(({id, doubled}) => [id, doubled])).toEqual(others.map(({id}) => [id, false]));
    expect(await store.counts({customer})).toMatchObject({PENDING: 4});
    expect((await store.workloads({customer}, {limit: 9})).items).toHaveLength(4);
    expect(await store.events({customer}, {limit: 9})).toHaveLength(4);
  });

  test('hints reach those who listen on another connection', async () => {
    const [store, other] = [await open(), await open()];
    const hints: (string | undefined)[] = [];
    const end = await other.onHint(about => {
      hints.push(about);
    });
    hints.length = 0;
    await store.submit([submission('a')]);
    await store.submit([submission('b', {idempotencyKey: 'k'})]);
    await expect.poll(() => hints).toEqual(['workloads', 'workloads']);
    // Whatever else changed says so, for those who would not look at workloads alone.
    await store.putCustomer({id: 'acme', name: 'Acme', tier: 'free', limits: {}, suspended: false}, {name: 'key:ann'});
    await expect.poll(() => hints).toEqual(['workloads', 'workloads', undefined]);
    await end();
  });

  test('migrates up, down and up again, with data; two at once do it once; a newer one is refused', async () => {
    await backend.server().sql('postgres', 'create database moved');
    await Promise.all([open('moved'), open('moved'), open('moved')]);
    await opened[0]!.submit([submission('a')]);
    const sql = connected('moved');
    try {
      expect(await sql`select number from migrations`).toHaveLength(postgresMigrations.length);
      await revertPostgres(sql, 0);
      const tables = await sql`select tablename from pg_tables where schemaname = ${SCHEMA}`;
      expect(tables.map(({tablename}) => tablename)).toEqual(['migrations']);
      await migratePostgres(sql, 'x');
      expect((await (await open('moved')).submit([submission('b')]))[0]!.seq).toBe(1);
      await sql`insert into migrations (number, name, checksum) values (99, 'later', 'x')`;
      await expect(open('moved')).rejects.toMatchObject({code: 'database-newer'});
    } finally {
      await sql.end();
    }
  });

  test('that would lose what it said yes to is refused', async () => {
    await backend.server().sql('postgres', 'create database careless');
    await backend.server().sql('postgres', 'alter database careless set synchronous_commit = off');
    await expect(open('careless')).rejects.toMatchObject({code: 'database-not-durable'});
  });
});
