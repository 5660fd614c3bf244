import type {DatabaseSync} from 'node:sqlite';
import {type AppliedMigration, checksumOf, type Migration, outstanding} from '../migrations.ts';
import {sqliteMigrations} from './sqlite-migrations.ts';

/** Brings the tables to this version; nobody else has the file. Errors: those of `outstanding`. */
export async function migrateSqlite(
  database: DatabaseSync,
  place: string,
  clock: () => number,
  known: readonly Migration[] = sqliteMigrations,
): Promise<void> {
  inOne(database, () => {
    database.exec(
      'create table if not exists migrations (number integer primary key, name text, checksum text, at integer) strict',
    );
    const insert = database.prepare('insert into migrations values (?, ?, ?, ?)');
    for (const migration of outstanding(known, applied(database), place)) {
      database.exec(migration.up);
      insert.run(migration.number, migration.name, checksumOf(migration), clock());
    }
    // Whoever led from this file has ended: nobody needs to wait for its time to pass.
    database.exec('update leader set until = 0');
  });
}

/** Takes the newest steps back, down to a version. */
export function revertSqlite(
  database: DatabaseSync,
  version: number,
  known: readonly Migration[] = sqliteMigrations,
): void {
  inOne(database, () => {
    for (const {number} of applied(database).toReversed()) {
      if (number <= version) break;
      database.exec(known.find(each => each.number === number)!.down);
      database.prepare('delete from migrations where number = ?').run(number);
    }
  });
}

const applied = (database: DatabaseSync) =>
  database.prepare('select number, checksum from migrations order by number').all() as unknown as AppliedMigration[];

function inOne(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate');
  try {
    work();
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}
