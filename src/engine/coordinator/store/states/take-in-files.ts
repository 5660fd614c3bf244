import {readdir, rename} from 'node:fs/promises';
import {join} from 'node:path';
import {backupFile, listBackups} from '../../../state/backups.ts';
import {runFile, runsIn} from '../../../state/file-journal.ts';
import {initialSalt} from '../../../state/salt.ts';
import {type StatePaths, statePaths} from '../../../state/state-paths.ts';
import {textIfThere} from '../../../state/text-if-there.ts';
import type {Database} from '../database.ts';
import {appendTo} from './state-backend.ts';

interface Former {
  readonly document: string | undefined;
  readonly salt: string;
  readonly backups: readonly (readonly [serial: number, document: string])[];
  readonly leases: readonly (readonly [environment: string, record: string])[];
  readonly runs: readonly (readonly [environment: string, run: string, lines: string])[];
}

/**
 * Takes in what a former version kept of a project in files of `folder`: all of it or nothing, and once. The files are kept
 * beside, as `….moved`.
 */
export async function takeInFiles(database: Database, folder: string, project: string): Promise<void> {
  const paths = statePaths(join(folder, `${project}.lock.json`));
  const names = await readdir(folder).catch(ifMissing);
  const inner = await readdir(join(folder, '.niyanta')).catch(ifMissing);
  if (!names.includes(`${project}.lock.json`) && !inner.includes(`${project}.lock`)) return;
  const former = await readFormer(paths);
  await database.write(async session => {
    const known = await session.rows('select project from state_documents where project = $1', project);
    // It was cut off before the files had their other names.
    if (known.length > 0) return;
    const {document, salt} = former;
    await session.run(
      'insert into state_documents (project, document, salt) values ($1, $2, $3)',
      ...[project, document, salt],
    );
    for (const [serial, text] of former.backups)
      await session.run(
        'insert into state_backups (project, serial, document) values ($1, $2, $3)',
        ...[project, serial, text],
      );
    for (const [environment, record] of former.leases)
      await session.run(
        'insert into state_leases (project, environment, record) values ($1, $2, $3)',
        ...[project, environment, record],
      );
    for (const [environment, run, lines] of former.runs) await appendTo(session, [project, environment, run], lines);
  });
  for (const path of [paths.folder, paths.lock]) await rename(path, `${path}.moved`).catch(ifMissing);
}

async function readFormer(paths: StatePaths): Promise<Former> {
  const leases = (await readdir(paths.leases).catch(ifMissing)).filter(name => /^[^.].*\.json$/.test(name));
  const environments = await readdir(paths.journal).catch(ifMissing);
  const runs = await Promise.all(
    environments.map(async name => {
      const environment = decodeURIComponent(name);
      const ids = await runsIn(join(paths.journal, name));
      return Promise.all(
        ids.map(async run => [environment, run, whole(await textIfThere(runFile(paths, environment, run)))] as const),
      );
    }),
  );
  return {
    document: await textIfThere(paths.lock),
    salt: await initialSalt(paths),
    backups: await Promise.all(
      (await listBackups(paths)).map(
        async ({serial}) => [serial, (await textIfThere(backupFile(paths, serial))) ?? ''] as const,
      ),
    ),
    leases: await Promise.all(
      leases.map(
        async name =>
          [decodeURIComponent(name.slice(0, -5)), (await textIfThere(join(paths.leases, name))) ?? ''] as const,
      ),
    ),
    runs: runs.flat(),
  };
}

/** Without a last line that a power cut tore: other lines will come behind it. */
const whole = (text = ''): string => text.slice(0, text.lastIndexOf('\n') + 1);

function ifMissing(error: NodeJS.ErrnoException): readonly string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
