import {createHash, randomUUID} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {type Bytes, Meter, open, seal} from '../../runtime/backup/seal.ts';
import {OutsideError} from '../../spec/errors.ts';
import {systemClock} from '../clock.ts';
import type {CheckpointRow, Store} from '../store/store.ts';
import type {CheckpointKeeper} from '../types/workload-type.ts';
import {corruptCheckpoint, storageFailed, tooLarge} from './checkpoint-errors.ts';
import {checkpointName} from './checkpoint-name.ts';
import {guardPlace, type KeptPlace} from './guarded-place.ts';

/** What is not larger is kept in the database. Bytes, compressed. */
export const largestBlob = 10 * 1024 * 1024;

const clear = {kind: 'none'} as const;

/**
 * Keeps checkpoints as tar streams under zstd: small ones in the database, larger ones at an object storage, when there
 * is one. One that comes back is held against its size and SHA-256 before the first byte of it is given on.
 */
export function checkpointKeeper(
  blobs: Pick<Store, 'putBlob' | 'blob'>,
  unguarded?: KeptPlace,
  newName: () => string = randomUUID,
): CheckpointKeeper {
  const guarded = unguarded && guardPlace(unguarded, systemClock);
  const storage = guarded?.place;
  return {
    trouble: () => guarded?.trouble(),

    async keep({workload, attempt}, tar) {
      const meter = new Meter();
      const packed = meter.through(seal(tar as Bytes, clear))[Symbol.asyncIterator]();
      try {
        const {head, more} = await beginning(packed);
        if (!more) {
          const content = Buffer.concat(head);
          return {size: content.length, sha256: await blobs.putBlob(content), place: {kind: 'blob'}};
        }
        if (!storage) throw tooLarge(largestBlob);
        const key = checkpointName({workload: workload.id, attempt}, newName());
        await storage.write(key, chained(head, packed)).catch(error => {
          // What ails the source is no fault of the storage.
          throw tar.errored ?? failedToKeep(storage.label, error);
        });
        return {size: meter.bytes, sha256: meter.digest(), place: {kind: 's3', key}};
      } finally {
        tar.destroy();
      }
    },

    async open({sha256, size, place}) {
      if (place.kind === 'blob') {
        const content = await blobs.blob(sha256);
        if (!content) throw corruptCheckpoint('its content is gone from the database');
        verify({size, sha256}, {size: content.length, sha256: hash(content)});
        return Readable.from(open(once(content), clear), {objectMode: false});
      }
      if (!storage) throw storageFailed('the object storage', 'it is kept there, and none is configured now');
      return fetched(storage, place.key, {sha256, size});
    },

    async drop(checkpoints) {
      for (const {place} of checkpoints) if (place.kind === 's3') await storage?.remove?.(place.key);
    },
  };
}

/** What fits into a blob, and whether there is more. */
async function beginning(packed: AsyncIterator<Uint8Array>): Promise<{head: Uint8Array[]; more: boolean}> {
  const head: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await packed.next(); !next.done; next = await packed.next()) {
    head.push(next.value);
    bytes += next.value.length;
    if (bytes > largestBlob) return {head, more: true};
  }
  return {head, more: false};
}

async function* chained(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Through a file of this machine, since nothing of it may be used before all of it was checked. */
async function fetched(storage: KeptPlace, key: string, wanted: Content): Promise<Readable> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-checkpoint-'));
  const remove = () => rm(folder, {recursive: true, force: true});
  const file = join(folder, 'content');
  const meter = new Meter();
  try {
    const content = await storage.read(key).catch(error => {
      // Another 404 may be that of something on the way.
      if (String(error).includes('NoSuchKey')) throw corruptCheckpoint('its content is gone from the object storage');
      throw storageFailed(storage.label, error);
    });
    await pipeline(Readable.from(meter.through(content)), createWriteStream(file, {mode: 0o600})).catch(error => {
      throw storageFailed(storage.label, error);
    });
    verify(wanted, {size: meter.bytes, sha256: meter.digest()});
  } catch (error) {
    await remove();
    throw error;
  }
  const tar = Readable.from(open(createReadStream(file), clear), {objectMode: false});
  tar.once('close', () => void remove().catch(() => undefined));
  return tar;
}

/** That none is configured is said by whoever knows it. */
const failedToKeep = (label: string, error: unknown): unknown =>
  error instanceof OutsideError && error.code === 'checkpoint-too-large' ? error : storageFailed(label, error);

type Content = Pick<CheckpointRow, 'size' | 'sha256'>;

function verify(wanted: Content, got: Content): void {
  if (got.size !== wanted.size) throw corruptCheckpoint(`it has ${got.size} bytes instead of ${wanted.size}`);
  if (got.sha256 !== wanted.sha256) throw corruptCheckpoint('its checksum is wrong');
}

const hash = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
