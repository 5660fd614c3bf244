import {describe, expect, test} from 'vitest';
import {checksumOf, type Migration, outstanding} from '../../../../src/engine/coordinator/store/migrations.ts';
import {postgresMigrations} from '../../../../src/engine/coordinator/store/postgres/postgres-migrations.ts';
import {migrateSqlite, revertSqlite} from '../../../../src/engine/coordinator/store/sqlite/migrate-sqlite.ts';
import {sqliteMigrations} from '../../../../src/engine/coordinator/store/sqlite/sqlite-migrations.ts';

const step = (number: number): Migration => ({
  number,
  name: `step ${number}`,
  up: `up ${number}`,
  down: `down ${number}`,
});
const applied = (...steps: Migration[]) => steps.map(each => ({number: each.number, checksum: checksumOf(each)}));

describe('migrations', () => {
  test('those that are not applied are done, in order', () => {
    expect(outstanding([step(1), step(2), step(3)], applied(step(1)), 'x')).toEqual([step(2), step(3)]);
    expect(outstanding([step(1)], applied(step(1)), 'x')).toEqual([]);
  });

  test('a database of a newer version is refused, and one whose step was another', () => {
    expect(() => outstanding([step(1)], applied(step(1), step(2)), 'x')).toThrow(
      expect.objectContaining({code: 'database-newer', message: expect.stringContaining('version 2')}),
    );
    expect(() => outstanding([step(1)], [{number: 1, checksum: 'other'}], 'x')).toThrow(
      expect.objectContaining({code: 'database-changed'}),
    );
  });

  test('both databases have the same steps, numbered from 1', () => {
    const names = (all: readonly Migration[]) => all.map(({number, name}) => [number, name]);
    expect(names(sqliteMigrations)).toEqual(names(postgresMigrations));
    expect(sqliteMigrations.map(({number}) => number)).toEqual(sqliteMigrations.map((_, index) => index + 1));
  });

  // What was released is never changed: a new step is added, with its checksum here.
  test.each([
    [
      'sqlite',
      sqliteMigrations,
      [
        'b85bb3c411390098',
        '60cf3fbafe702857',
        'd723139408d4faaa',
        '00d3c9f538a43707',
        'e2c785bbbafc15b3',
        '0e1fe5ec30ad68a2',
        '038cd2878887bce8',
        '96294def5874ea70',
        '5cace1172482623d',
        '5328671fb5db1158',
        '1b5dd8eb5c0be20b',
      ],
    ],
    [
      'postgres',
      postgresMigrations,
      [
        '46494c42bc6aebef',
        'af5c24ee85e42731',
        'd723139408d4faaa',
        '00d3c9f538a43707',
        'e70eee811894c11e',
        '0b2b0cb7f96474f7',
        '5d109ccc3fd06d06',
        '8dca56474ec25be4',
        '2128b08dd27543b5',
        '5328671fb5db1158',
        '69ae610d5bf2e824',
      ],
    ],
  ] as const)('released steps of %s are as they were', (_, all, checksums) => {
    expect(all.map(checksumOf)).toEqual(checksums);
  });

  test('SQLite: up, down and up again, with data; from each version', async () => {
    const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
    const newest = sqliteMigrations.length;
    for (let version = 0; version <= newest; version++) {
      const database = new DatabaseSync(':memory:');
      await migrateSqlite(database, 'x', () => 1);
      database.exec(
        `insert into workloads (id, customer, seq, changed, state, name, spec, accepted_at, changed_at)
         values ('w', 'c', 1, 1, 'PENDING', 'n', '{}', 1, 1);
         insert into attempts values ('w', 1, 'l', 'h', 'scheduled', 'r', 1, null, null, null, null, null);
         insert into events (seq, at, type, actor) values (1, 1, 't', 'a')`,
      );
      revertSqlite(database, version);
      const tables = database.prepare("select count(*) as n from sqlite_schema where type = 'table'").get()!.n;
      if (version === 0) expect(tables).toBe(1);
      await migrateSqlite(database, 'x', () => 2);
      const kept = database.prepare('select count(*) as n from workloads').get()!.n;
      expect(kept).toBe(version === 0 ? 0 : 1);
      const counted = database.prepare('select * from workload_counts').all();
      if (version < 9) expect(counted).toEqual(version === 0 ? [] : [{customer: 'c', state: 'PENDING', count: 1}]);
      database.close();
    }
  });

  test('a step that fails leaves the tables as they were', async () => {
    const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(':memory:');
    await migrateSqlite(database, 'x', () => 1);
    const broken = {number: sqliteMigrations.length + 1, name: 'broken', up: 'create table t (a); nonsense', down: ''};
    await expect(migrateSqlite(database, 'x', () => 2, [...sqliteMigrations, broken])).rejects.toThrow('nonsense');
    await migrateSqlite(database, 'x', () => 3);
    expect(database.prepare("select name from sqlite_schema where name = 't'").all()).toEqual([]);
    database.close();
  });
});
