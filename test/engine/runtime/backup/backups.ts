import {randomBytes} from 'node:crypto';
import type {BackupHead} from '../../../../src/engine/runtime/backup/backup-store.ts';
import type {Bytes, OpenKey, SealKey} from '../../../../src/engine/runtime/backup/seal.ts';

export const head = (id = '20260101T030000Z-aaaaaa'): BackupHead => ({
  version: 1,
  id,
  project: 'p',
  stack: 's',
  environment: 'default',
  volume: 'data',
  host: 'h1',
  kind: 'files',
  why: 'asked',
  startedAt: '2026-01-01T03:00:00.000Z',
  compression: 'zstd',
  encryption: 'none',
});

export const plain: {key: SealKey; open: OpenKey} = {key: {kind: 'none'}, open: {kind: 'none'}};

/** Data that zstd cannot make small, in pieces. */
export const noise = (bytes: number): Buffer => randomBytes(bytes);

export async function* inPieces(data: Uint8Array, piece = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += piece) yield data.subarray(at, at + piece);
}

/** Data whose source fails in the middle. */
export async function* cutOff(data: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield data.subarray(0, data.length / 2);
  throw error;
}

export async function all(data: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const storing = {now: () => new Date('2026-01-01T03:05:00Z'), onBytes: () => undefined};
