import {UserError} from '../../../spec/errors.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {keyOf, type Raw} from '../row-mapping.ts';
import type {Actor, ApiKeyRow, KeyRotation} from '../store.ts';

export async function rotateKey(
  session: Session,
  id: string,
  {next, overlapMs}: KeyRotation,
  actor: Actor,
): Promise<ApiKeyRow | undefined> {
  const [row] = await session.rows<Raw>('select * from keys where id = $1', id);
  if (!row) return undefined;
  const key = keyOf(row);
  const now = await session.now();
  if (key.revokedAt !== undefined || (key.expiresAt ?? Number.POSITIVE_INFINITY) <= now) {
    const message = `the key ${key.prefix} is ${key.revokedAt === undefined ? 'expired' : 'revoked'}`;
    throw new UserError({code: 'not-possible', message, hint: 'Make a new one.'});
  }
  const until = Math.min(key.expiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs);
  // A key for 90 days is followed by one for 90 days.
  const expiresAt = key.expiresAt === undefined ? undefined : now + (key.expiresAt - key.createdAt);
  const {customer, role, scopes, note} = key;
  await session.run(
    `insert into keys (id, prefix, hash, customer, role, scopes, note, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    ...[next.id, next.prefix, next.hash, customer, role, scopes && JSON.stringify(scopes), note, expiresAt, now],
  );
  await session.run('update keys set expires_at = $1 where id = $2', until, id);
  const data = {key: id, prefix: key.prefix, next: next.id, nextPrefix: next.prefix, until};
  await writeEvents(session, [{type: 'key.rotated', customer, actor, data}], 0, now);
  const [made] = await session.rows<Raw>('select * from keys where id = $1', next.id);
  return made && keyOf(made);
}
