import type {BundleRow, KeptBundle, NewBundle} from '../../environments/environment-rows.ts';
import type {Session} from '../database.ts';
import {bundleOf, keptBundleOf} from '../environment-mapping.ts';
import type {Raw} from '../row-mapping.ts';
import {bundleBlobsTable} from '../tables.ts';

export async function putBundle(session: Session, bundle: NewBundle): Promise<BundleRow> {
  const {sha256, project, environment, stack, bytes, manifest} = bundle;
  const now = await session.now();
  await session.run(
    `insert into bundles (sha256, project, environment, stack, files, bytes, manifest, kept_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (sha256) do update set kept_at = excluded.kept_at`,
    ...[sha256, project, environment, stack, manifest.length, bytes, JSON.stringify(manifest), now],
  );
  const blobs = [...new Set(manifest.flatMap(({parts}) => parts))].sort();
  await session.insert(
    bundleBlobsTable,
    blobs.map(blob => ({bundle: sha256, sha256: blob})),
    'on conflict do nothing',
  );
  return {sha256, project, environment, stack, files: manifest.length, bytes, keptAt: now};
}

export async function bundle(session: Session, sha256: string): Promise<KeptBundle | undefined> {
  const [row] = await session.rows<Raw>('select * from bundles where sha256 = $1', sha256);
  return row && keptBundleOf(row);
}

/** Kept for another day; undefined: no such one. */
export async function renewBundle(session: Session, sha256: string): Promise<BundleRow | undefined> {
  await session.run('update bundles set kept_at = $2 where sha256 = $1', sha256, await session.now());
  const [row] = await session.rows<Raw>('select * from bundles where sha256 = $1', sha256);
  return row && bundleOf(row);
}
