import {UserError} from '../../../spec/errors.ts';
import type {
  BundleRow,
  ChangeOutcome,
  ChangeRow,
  EnvironmentId,
  EnvironmentRow,
  NewChange,
  Seen,
} from '../../environments/environment-rows.ts';
import type {Session} from '../database.ts';
import {changeRowOf, environmentOf} from '../environment-mapping.ts';
import {writeEvents} from '../events.ts';
import {given, type Raw, textOf} from '../row-mapping.ts';
import type {Leadership, Scope} from '../store.ts';
import {renewBundle} from './bundling.ts';
import {checkLeads} from './leading.ts';
import {inScope} from './scopes.ts';

/** Carried out by the leader, in the order in which they were asked for. */
export async function askChange(session: Session, scope: Scope, change: NewChange): Promise<ChangeRow | undefined> {
  const now = await session.now();
  const bundle = change.bundle === undefined ? undefined : await renewBundle(session, change.bundle);
  if (change.bundle !== undefined && !bundle) throw unknownBundle(change.bundle);
  const found = await locked(session, change.environment);
  const there = found && !found.removed ? found.row : undefined;
  if (found && !inScope(scope, found.row.customer)) {
    if (change.kind !== 'apply' || change.update) return undefined;
    if (there) throw notYours(change.environment);
  }
  const before = found && inScope(scope, found.row.customer) ? await byToken(session, change) : undefined;
  if (before) return sameAs(before, change);
  if (!there && (change.kind !== 'apply' || change.update)) return undefined;
  const expected = change.update?.revision;
  if (there && expected !== undefined && there.revision !== expected) throw movedOn(there, expected);
  if (!there) await makeAnew(session, change, bundle!, found?.row, now);
  const customer = there?.customer ?? change.owner!;
  const number = (found?.row.newestChange ?? 0) + 1;
  const {environment: id, kind, actor, options, token} = change;
  await session.run(
    'update environments set newest_change = $2, revision = $3, changed_at = $4 where id = $1',
    ...[id, number, byItself(change) ? (there?.revision ?? 0) : number, now],
  );
  await session.run(
    `insert into environment_changes (environment, number, kind, bundle, options, actor, request, token, state, asked_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)`,
    ...[id, number, kind, change.bundle, textOf(options), actor.name, actor.request, token, now],
  );
  const data = {environment: id, change: number, kind, ...options, ...(change.bundle && {bundle: change.bundle})};
  await writeEvents(session, [{type: 'environment.asked', customer, actor, data}], 0, now);
  await session.hint();
  return given({
    ...change,
    owner: undefined,
    token: undefined,
    update: undefined,
    number,
    state: 'waiting',
    askedAt: now,
    runs: [],
  });
}

async function locked(
  session: Session,
  id: EnvironmentId,
): Promise<{readonly row: EnvironmentRow; readonly removed: boolean} | undefined> {
  const [raw] = await session.rows<Raw>(`select * from environments where id = $1 ${session.forUpdate}`, id);
  return raw && {row: environmentOf(raw), removed: raw.removed_at !== null};
}

/** What another one's of this name was is none of the new owner's business. */
async function makeAnew(
  session: Session,
  {environment: id, owner}: NewChange,
  {project, environment, stack, sha256}: BundleRow,
  former: EnvironmentRow | undefined,
  now: number,
): Promise<void> {
  if (former && former.customer !== owner)
    await session.run('delete from environment_changes where environment = $1', id);
  await session.run(
    `insert into environments (id, customer, project, environment, stack, bundle, condition, condition_since, healing,
       newest_change, created_at, changed_at) values ($1, $2, $3, $4, $5, $6, 'pending', $7, 'on', 0, $7, $7)
     on conflict (id) do update set customer = excluded.customer, condition = 'pending', reason = null, services = null,
       condition_since = excluded.condition_since, healing = 'on', looked_at = null, removed_at = null,
       created_at = excluded.created_at`,
    ...[id, owner, project, environment, stack, sha256, now],
  );
}

async function byToken(session: Session, {environment, token}: NewChange): Promise<ChangeRow | undefined> {
  const [row] = await session.rows<Raw>(
    'select * from environment_changes where environment = $1 and token = $2',
    environment,
    token,
  );
  return row && changeRowOf(row);
}

function sameAs(before: ChangeRow, {kind, bundle, options}: NewChange): ChangeRow {
  const content = (one: Pick<NewChange, 'kind' | 'bundle' | 'options'>) =>
    JSON.stringify([one.kind, one.bundle, Object.entries(one.options).sort()]);
  if (content(before) === content({kind, bundle, options: JSON.parse(JSON.stringify(options))})) return before;
  throw new UserError({
    code: 'idempotency-conflict',
    message: `this idempotency key was used for another change of ${before.environment}: number ${before.number}`,
    hint: 'Use a new key for what is to be another change.',
  });
}

export async function openChanges(session: Session): Promise<readonly ChangeRow[]> {
  const rows = await session.rows<Raw>(
    'select * from environment_changes where ended_at is null order by environment, number',
  );
  return rows.map(changeRowOf);
}

export async function beginChange(
  session: Session,
  leadership: Leadership,
  id: EnvironmentId,
  number: number,
): Promise<boolean> {
  await checkLeads(session, leadership);
  const begun = await session.run(
    `update environment_changes set state = 'running', started_at = coalesce(started_at, $3)
     where environment = $1 and number = $2 and ended_at is null`,
    ...[id, number, await session.now()],
  );
  return begun === 1;
}

export async function noteRun(
  session: Session,
  leadership: Leadership,
  id: EnvironmentId,
  number: number,
  run: string,
): Promise<void> {
  await checkLeads(session, leadership);
  const [row] = await session.rows<Raw>(
    `select * from environment_changes where environment = $1 and number = $2 and ended_at is null ${session.forUpdate}`,
    ...[id, number],
  );
  if (!row) return;
  const runs = [...new Set([...changeRowOf(row).runs, run])];
  await session.run(
    'update environment_changes set runs = $3 where environment = $1 and number = $2',
    ...[id, number, JSON.stringify(runs)],
  );
}

export async function endChange(
  session: Session,
  leadership: Leadership,
  id: EnvironmentId,
  number: number,
  outcome: ChangeOutcome,
): Promise<boolean> {
  await checkLeads(session, leadership);
  const found = await locked(session, id);
  const now = await session.now();
  const done = outcome.result === 'applied' || outcome.result === 'unchanged';
  const ended = await session.run(
    `update environment_changes set state = $3, ended_at = $4, outcome = $5
     where environment = $1 and number = $2 and ended_at is null`,
    ...[id, number, done ? 'done' : 'failed', now, JSON.stringify(outcome)],
  );
  if (!found || ended === 0) return false;
  const [raw] = await session.rows<Raw>(
    'select * from environment_changes where environment = $1 and number = $2',
    id,
    number,
  );
  const {kind, bundle} = changeRowOf(raw!);
  // What is healed is what was applied last: its files are those that were sent with it.
  if (done && kind === 'apply')
    await session.run(
      'update environments set bundle = $2, stack = (select stack from bundles where sha256 = $2) where id = $1',
      ...[id, bundle],
    );
  if (done && (kind === 'destroy' || kind === 'release'))
    await session.run('update environments set removed_at = $2, changed_at = $2 where id = $1', id, now);
  const {result, summary, error} = outcome;
  const data = {environment: id, change: number, kind, result, ...(summary && {summary}), ...(error && {error})};
  const type = done ? 'environment.changed' : 'environment.change-failed';
  const actor = {name: `coordinator:${leadership.coordinator}`};
  await writeEvents(session, [{type, customer: found.row.customer, actor, data}], 0, now);
  await session.hint();
  return true;
}

export async function noteSeen(
  session: Session,
  leadership: Leadership,
  id: EnvironmentId,
  {condition, reason, services}: Seen,
): Promise<void> {
  await checkLeads(session, leadership);
  const found = await locked(session, id);
  if (!found || found.removed) return;
  const now = await session.now();
  const {row} = found;
  const another = row.condition !== condition;
  await session.run(
    `update environments set condition = $2, reason = $3, condition_since = $4, services = coalesce($5, services),
     looked_at = coalesce($6, looked_at) where id = $1`,
    ...[id, condition, reason, another ? now : row.conditionSince],
    ...[services && JSON.stringify(services), services && now],
  );
  if (!another && row.reason === reason) return;
  const actor = {name: `coordinator:${leadership.coordinator}`};
  const data = {environment: id, condition, from: row.condition, ...(reason && {reason})};
  await writeEvents(session, [{type: `environment.${condition}`, customer: row.customer, actor, data}], 0, now);
  await session.hint();
}

/** Nobody asked for it: a healing, or scaling by load. */
const byItself = ({actor}: NewChange): boolean => actor.name === 'autoscaler' || actor.name.startsWith('coordinator:');

const movedOn = ({id, revision}: EnvironmentRow, expected: number) =>
  new UserError({
    code: 'changed-meanwhile',
    message: `${id} is at revision ${revision}, not at ${expected}: somebody asked for a change of it meanwhile`,
    hint: 'Look at it again, and say the revision of then if it is still to be changed.',
  });

const notYours = (id: EnvironmentId) =>
  new UserError({
    code: 'not-yours',
    message: `the name ${id} is taken by an environment of somebody else`,
    hint: 'Give the project another name in niyanta.yaml, or choose another environment.',
  });

const unknownBundle = (sha256: string) =>
  new UserError({
    code: 'unknown-bundle',
    message: `there is no bundle ${sha256}`,
    hint: 'Send it first; one that nothing refers to is removed a day after it was sent.',
  });
