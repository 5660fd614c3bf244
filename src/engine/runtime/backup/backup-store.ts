import {corrupt, messageOf, wrongKey} from './backup-errors.ts';
import {
  type BackupManifest,
  dataName,
  isBackupId,
  manifestName,
  readManifest,
  type Verified,
} from './backup-manifest.ts';
import {type BackupPlace, readText, writeText} from './backup-place.ts';
import {type Bytes, KeyError, Meter, type OpenKey, open, type SealKey, seal} from './seal.ts';

/** What is known of a backup before its data has passed. */
export type BackupHead = Omit<
  BackupManifest,
  'finishedAt' | 'bytes' | 'stored' | 'contentSha256' | 'sha256' | 'verified'
>;

/**
 * Writes a backup: its data first, its manifest when all of it is durable. Whatever ends it in between leaves no
 * manifest, and so no backup; the next one removes what is left. `onBytes` is told how much of the data has passed.
 */
export async function storeBackup(
  place: BackupPlace,
  head: BackupHead,
  source: Bytes,
  {key, now, onBytes}: {readonly key: SealKey; readonly now: () => Date; readonly onBytes: (bytes: number) => void},
): Promise<BackupManifest> {
  const [content, kept] = [new Meter(), new Meter()];
  const told = async function* () {
    for await (const chunk of content.through(source)) {
      onBytes(content.bytes);
      yield chunk;
    }
  };
  try {
    await place.write(dataName(head.id), kept.through(seal(told(), key)));
    const manifest: BackupManifest = {
      ...head,
      finishedAt: now().toISOString(),
      bytes: content.bytes,
      stored: kept.bytes,
      contentSha256: content.digest(),
      sha256: kept.digest(),
    };
    await writeText(place, manifestName(head.id), `${JSON.stringify(manifest, undefined, 2)}\n`);
    return manifest;
  } catch (error) {
    await place.remove(dataName(head.id)).catch(() => undefined);
    throw error;
  }
}

/** The good backups, newest first: those whose manifest and data are there. */
export async function listBackups(place: BackupPlace): Promise<readonly BackupManifest[]> {
  const names = new Set(await place.names());
  const ids = [...names].flatMap(name => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
  const there = ids.filter(id => isBackupId(id) && names.has(dataName(id)));
  const manifests = await Promise.all(there.map(async id => readManifest(await readText(place, manifestName(id)))));
  return manifests.flatMap(manifest => manifest ?? []).sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** Removes what interrupted backups left: partial files, and data without a manifest. Only for who may write. */
export async function tidyPlace(place: BackupPlace): Promise<void> {
  await place.tidy();
  const names = await place.names();
  for (const name of names) {
    const id = name.replace(/\.backup$/, '');
    if (name !== id && isBackupId(id) && !names.includes(manifestName(id))) await place.remove(name);
  }
}

/** The manifest goes first: what is cut off after it is no backup any more. */
export async function removeBackup(place: BackupPlace, id: string): Promise<void> {
  await place.remove(manifestName(id));
  await place.remove(dataName(id));
}

/** Writes down what trying a backup out came to. */
export const recordVerified = (place: BackupPlace, manifest: BackupManifest, verified: Verified): Promise<void> =>
  writeText(place, manifestName(manifest.id), `${JSON.stringify({...manifest, verified}, undefined, 2)}\n`);

/**
 * The data of a backup as it was, checked while it passes: its end is an error unless both checksums hold, so use what
 * came only then. Errors: OutsideError `backup-corrupt`, UserError `backup-key-wrong`; the place's.
 */
export async function* readBackup(
  place: BackupPlace,
  manifest: BackupManifest,
  key: OpenKey,
): AsyncGenerator<Uint8Array> {
  const {id} = manifest;
  const [content, kept] = [new Meter(), new Meter()];
  const stored = kept.through(await place.read(dataName(id)));
  try {
    yield* content.through(open(stored, key));
    for await (const _ of stored);
  } catch (error) {
    if (error instanceof Error && 'exit' in error) throw error;
    // A damaged header looks like one for another key.
    if (error instanceof KeyError && (await isIntact(place, manifest))) throw wrongKey(id, place.label);
    throw corrupt(id, place.label, error instanceof KeyError ? 'its checksum is another' : messageOf(error));
  }
  if (kept.digest() !== manifest.sha256) throw corrupt(id, place.label, 'its checksum is another');
  if (content.digest() !== manifest.contentSha256) throw corrupt(id, place.label, "its content's checksum is another");
}

async function isIntact(place: BackupPlace, {id, sha256}: BackupManifest): Promise<boolean> {
  const kept = new Meter();
  for await (const _ of kept.through(await place.read(dataName(id))));
  return kept.digest() === sha256;
}
