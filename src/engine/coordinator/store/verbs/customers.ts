import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {customerRowOf, keyOf, type Raw, textOf} from '../row-mapping.ts';
import type {Actor, ApiKeyRow, Customer, CustomerRow, NewApiKey, Scope} from '../store.ts';
import {customerOf} from './scopes.ts';

export async function putCustomer(session: Session, customer: Customer, actor: Actor): Promise<void> {
  const {id, name, tier, limits, suspended} = customer;
  const now = await session.now();
  await session.run(
    `insert into customers (id, name, tier, limits, suspended, created_at, used_at) values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (id) do update set name = excluded.name, tier = excluded.tier, limits = excluded.limits,
     suspended = excluded.suspended`,
    ...[id, name, tier, textOf(limits), suspended, now],
  );
  await writeEvents(
    session,
    [{type: 'customer.put', customer: id, actor, data: {name, tier, limits, suspended}}],
    0,
    now,
  );
  await session.hint();
}

export async function customers(session: Session): Promise<readonly CustomerRow[]> {
  return (await session.rows<Raw>('select * from customers order by id')).map(customerRowOf);
}

export async function addKey(session: Session, key: NewApiKey, actor: Actor): Promise<void> {
  const {id, prefix, hash, customer, role, scopes, note, expiresAt} = key;
  const now = await session.now();
  await session.run(
    `insert into keys (id, prefix, hash, customer, role, scopes, note, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    ...[id, prefix, hash, customer, role, scopes && JSON.stringify(scopes), note, expiresAt, now],
  );
  const data = {key: id, prefix, role, ...(note === undefined ? {} : {note})};
  await writeEvents(session, [{type: 'key.added', customer, actor, data}], 0, now);
}

export async function keyByPrefix(session: Session, prefix: string): Promise<ApiKeyRow | undefined> {
  const [row] = await session.rows<Raw>('select * from keys where prefix = $1', prefix);
  return row && keyOf(row);
}

export async function keys(session: Session, scope: Scope): Promise<readonly ApiKeyRow[]> {
  // A key of the whole coordinator has no customer, and is in nobody's scope but everyone's.
  const customer = customerOf(scope);
  const rows =
    customer === undefined
      ? await session.rows<Raw>('select * from keys order by created_at, id')
      : await session.rows<Raw>('select * from keys where customer = $1 order by created_at, id', customer);
  return rows.map(keyOf);
}

export async function revokeKey(session: Session, scope: Scope, id: string, actor: Actor): Promise<boolean> {
  const key = (await keys(session, scope)).find(each => each.id === id);
  if (!key) return false;
  const now = await session.now();
  const revoked = await session.run('update keys set revoked_at = $1 where id = $2 and revoked_at is null', now, id);
  if (revoked === 1) {
    const data = {key: id, prefix: key.prefix};
    await writeEvents(session, [{type: 'key.revoked', customer: key.customer, actor, data}], 0, now);
  }
  return true;
}
