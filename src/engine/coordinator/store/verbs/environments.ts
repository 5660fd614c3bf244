import {UserError} from '../../../spec/errors.ts';
import type {ChangeRow, EnvironmentId, EnvironmentRow} from '../../environments/environment-rows.ts';
import type {EnvironmentQuery} from '../../environments/environments.ts';
import {Conditions} from '../conditions.ts';
import type {Session} from '../database.ts';
import {changeRowOf, environmentOf} from '../environment-mapping.ts';
import {writeEvents} from '../events.ts';
import type {Raw} from '../row-mapping.ts';
import type {Actor, Page, Scope} from '../store.ts';
import {customerOf} from './scopes.ts';

interface PageQuery {
  readonly after?: string;
  readonly limit: number;
}

export async function environments(
  session: Session,
  scope: Scope,
  {after, limit, ...equal}: EnvironmentQuery,
): Promise<Page<EnvironmentRow>> {
  const conditions = new Conditions();
  conditions.equal('customer', customerOf(scope));
  for (const column of ['project', 'environment', 'stack', 'condition'] as const)
    conditions.equal(column, equal[column]);
  conditions.add(parameter => `id > ${parameter}`, after);
  const where = conditions.where === '' ? 'where removed_at is null' : `${conditions.where} and removed_at is null`;
  const rows = await session.rows<Raw>(
    `select * from environments ${where} order by id limit ${conditions.param(limit + 1)}`,
    ...conditions.params,
  );
  const items = rows.slice(0, limit).map(environmentOf);
  return rows.length > limit ? {items, next: items.at(-1)!.id} : {items};
}

export async function environment(
  session: Session,
  scope: Scope,
  id: EnvironmentId,
): Promise<EnvironmentRow | undefined> {
  const [row] = await session.rows<Raw>(
    'select * from environments where id = $1 and customer = coalesce($2, customer) and removed_at is null',
    id,
    customerOf(scope),
  );
  return row && environmentOf(row);
}

export async function setHealing(
  session: Session,
  scope: Scope,
  id: EnvironmentId,
  healing: EnvironmentRow['healing'],
  actor: Actor,
): Promise<boolean> {
  const known = await environment(session, scope, id);
  if (!known) return false;
  const now = await session.now();
  const changed = await session.run(
    'update environments set healing = $2, changed_at = $3 where id = $1 and healing <> $2 and removed_at is null',
    id,
    healing,
    now,
  );
  if (changed === 0) return true;
  const type = healing === 'on' ? 'environment.healing-resumed' : 'environment.healing-paused';
  await writeEvents(session, [{type, customer: known.customer, actor, data: {environment: id}}], 0, now);
  await session.hint();
  return true;
}

export async function changesOf(
  session: Session,
  scope: Scope,
  id: EnvironmentId,
  {after, limit}: PageQuery,
): Promise<Page<ChangeRow> | undefined> {
  if (!(await isThere(session, scope, id))) return undefined;
  const rows = await session.rows<Raw>(
    'select * from environment_changes where environment = $1 and number < $2 order by number desc limit $3',
    id,
    after === undefined ? Number.MAX_SAFE_INTEGER : numberIn(after),
    limit + 1,
  );
  const items = rows.slice(0, limit).map(changeRowOf);
  return rows.length > limit ? {items, next: String(items.at(-1)!.number)} : {items};
}

export async function changeOf(
  session: Session,
  scope: Scope,
  id: EnvironmentId,
  number: number,
): Promise<ChangeRow | undefined> {
  if (!(await isThere(session, scope, id))) return undefined;
  const [row] = await session.rows<Raw>(
    'select * from environment_changes where environment = $1 and number = $2',
    id,
    number,
  );
  return row && changeRowOf(row);
}

/** Those that were removed, too: how they ended is still asked for. */
async function isThere(session: Session, scope: Scope, id: EnvironmentId): Promise<boolean> {
  const rows = await session.rows(
    'select id from environments where id = $1 and customer = coalesce($2, customer)',
    id,
    customerOf(scope),
  );
  return rows.length > 0;
}

function numberIn(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new UserError({
    code: 'wrong-cursor',
    message: `${cursor} is no cursor of a page`,
    hint: 'Take it as `next` of the page before says it; begin without one.',
  });
}
