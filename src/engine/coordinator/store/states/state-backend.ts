import {randomBytes} from 'node:crypto';
import {KEPT_BACKUPS, serialIn} from '../../../state/backups.ts';
import {KEPT_RUNS} from '../../../state/run-id.ts';
import type {StoreBackend} from '../../../state/store-backend.ts';
import type {Database, Session} from '../database.ts';
import {checkGuard, checkHeld, databaseLeases} from './state-leases.ts';

/** A project's state in an embedded database, of which this process is the only one. `location` is for people. */
export function stateBackend(database: Database, project: string, location: string): StoreBackend {
  let salt: string | undefined;
  const initialSalt = async () => {
    salt ??= await database.write(session => saltIn(session, project));
    return salt;
  };
  return {
    location,
    leases: databaseLeases(database, project),
    initialSalt,
    readText: () => database.read(session => documentIn(session, project)),
    async swapText(guard, make) {
      // `make` may ask for it, and nothing else has a turn before it has answered.
      await initialSalt();
      await database.write(async session => {
        await checkGuard(session, project, guard);
        const old = await documentIn(session, project);
        const next = await make(old);
        if (old !== undefined) await keepBackup(session, project, old);
        await session.run('update state_documents set document = $2 where project = $1', project, next);
      });
    },
    async backups() {
      const rows = await database.read(session =>
        session.rows<{serial: number}>(
          'select serial from state_backups where project = $1 order by serial desc',
          project,
        ),
      );
      return rows.map(({serial}) => ({serial, location: `${location}, copy of serial ${serial}`}));
    },
    async backupText(serial) {
      const [row] = await database.read(session =>
        session.rows<{document: string}>(
          'select document from state_backups where project = $1 and serial = $2',
          ...[project, serial],
        ),
      );
      return row?.document;
    },
    appendLines: (held, run, lines) =>
      database.write(async session => {
        await checkHeld(session, project, held);
        await appendTo(session, [project, held.environment, run], lines);
      }),
    async runs(environment) {
      const rows = await database.read(session =>
        session.rows<{run: string}>(
          'select distinct run from state_journal where project = $1 and environment = $2',
          ...[project, environment],
        ),
      );
      return rows.map(({run}) => run);
    },
    async lines(environment, run) {
      const rows = await database.read(session =>
        session.rows<{lines: string}>(
          'select lines from state_journal where project = $1 and environment = $2 and run = $3 order by number',
          ...[project, environment, run],
        ),
      );
      return rows.map(({lines}) => lines).join('');
    },
    close: async () => {},
  };
}

async function saltIn(session: Session, project: string): Promise<string> {
  const mine = randomBytes(18).toString('base64');
  await session.run(
    'insert into state_documents (project, salt) values ($1, $2) on conflict (project) do nothing',
    ...[project, mine],
  );
  const [row] = await session.rows<{salt: string}>('select salt from state_documents where project = $1', project);
  return row!.salt;
}

async function documentIn(session: Session, project: string): Promise<string | undefined> {
  const [row] = await session.rows<{document: string | null}>(
    'select document from state_documents where project = $1',
    project,
  );
  return row?.document ?? undefined;
}

async function keepBackup(session: Session, project: string, old: string): Promise<void> {
  const serial = serialIn(old);
  if (serial === undefined) return;
  await session.run(
    `insert into state_backups (project, serial, document) values ($1, $2, $3)
     on conflict (project, serial) do update set document = excluded.document`,
    ...[project, serial, old],
  );
  await session.run(
    `delete from state_backups where project = $1 and serial not in
       (select serial from state_backups where project = $1 order by serial desc limit $2)`,
    ...[project, KEPT_BACKUPS],
  );
}

type RunKey = readonly [project: string, environment: string, run: string];

/** The first lines of a run drop all but the newest runs. */
export async function appendTo(session: Session, key: RunKey, lines: string): Promise<void> {
  const [row] = await session.rows<{count: number}>(
    'select count(*) as count from state_journal where project = $1 and environment = $2 and run = $3',
    ...key,
  );
  if (row!.count === 0)
    await session.run(
      `delete from state_journal where project = $1 and environment = $2 and run in
         (select distinct run from state_journal where project = $1 and environment = $2 and run <> $3
          order by run desc limit -1 offset $4)`,
      ...key,
      KEPT_RUNS - 1,
    );
  await session.run(
    'insert into state_journal (project, environment, run, number, lines) values ($1, $2, $3, $4, $5)',
    ...[...key, row!.count, lines],
  );
}
