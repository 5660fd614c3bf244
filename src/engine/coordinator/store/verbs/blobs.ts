import {createHash} from 'node:crypto';
import type {Session} from '../database.ts';

export async function putBlob(session: Session, content: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  // Renewed, so that `expire` leaves alone what is about to be referred to.
  await session.run(
    `insert into blobs (sha256, content, kept_at) values ($1, $2, $3)
     on conflict (sha256) do update set kept_at = excluded.kept_at`,
    sha256,
    content,
    await session.now(),
  );
  return sha256;
}

export async function blob(session: Session, sha256: string): Promise<Uint8Array | undefined> {
  const [row] = await session.rows<{content: Uint8Array}>('select content from blobs where sha256 = $1', sha256);
  return row?.content;
}
