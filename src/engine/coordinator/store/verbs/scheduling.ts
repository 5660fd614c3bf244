import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {type Raw, scheduleOf, textOf} from '../row-mapping.ts';
import type {Accepted, Actor, Firing, Leadership, NewSchedule, ScheduleRow, Scope} from '../store.ts';
import {checkLeads} from './leading.ts';
import {customerOf} from './scopes.ts';
import {submitAll} from './submitting.ts';

export async function putSchedule(session: Session, schedule: NewSchedule, actor: Actor): Promise<ScheduleRow> {
  const {id, customer, workload, rule, versions} = schedule;
  const now = await session.now();
  await session.run(
    'delete from schedules where customer = $1 and name = $2 and id <> $3',
    customer,
    workload.name,
    id,
  );
  // Times before it was put are not missed ones. One of this id that is another's stays as it is.
  await session.run(
    `insert into schedules (id, customer, name, spec, rule, inputs, versions, created_at, fired_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
     on conflict (id) do update set name = excluded.name, spec = excluded.spec, rule = excluded.rule,
     inputs = excluded.inputs, versions = excluded.versions, fired_until = excluded.fired_until
     where schedules.customer = excluded.customer`,
    ...[id, customer, workload.name, JSON.stringify(workload), JSON.stringify(rule), textOf(allInputs(schedule))],
    ...[versions && JSON.stringify(versions), now],
  );
  await told(session, 'schedule.put', customer, actor, {schedule: id, name: workload.name, cron: rule.cron}, now);
  return (await one(session, {customer}, id))!;
}

/** Of all versions, so that none of their files is taken for one that nobody refers to. */
function allInputs({inputs, versions}: NewSchedule): Readonly<Record<string, string>> {
  if (versions === undefined) return inputs;
  const all = versions.flatMap((version, index) =>
    Object.entries(version.inputs).map(([path, sha256]) => [`${index}:${path}`, sha256]),
  );
  return Object.fromEntries(all);
}

export async function schedules(session: Session, scope: Scope): Promise<readonly ScheduleRow[]> {
  const rows = await session.rows<Raw>(
    'select * from schedules where customer = coalesce($1, customer) order by customer, name',
    customerOf(scope),
  );
  return rows.map(scheduleOf);
}

export async function removeSchedule(session: Session, scope: Scope, id: string, actor: Actor): Promise<boolean> {
  const row = await one(session, scope, id);
  if (!row || (await session.run('delete from schedules where id = $1', id)) === 0) return false;
  await told(session, 'schedule.removed', row.customer, actor, {schedule: id, name: row.workload.name});
  return true;
}

export async function setSuspended(
  session: Session,
  scope: Scope,
  id: string,
  suspended: boolean,
  actor: Actor,
): Promise<boolean> {
  const row = await one(session, scope, id);
  if (!row) return false;
  if (row.suspended === suspended) return true;
  const now = await session.now();
  // What passed while it was suspended was not missed.
  await session.run(
    'update schedules set suspended = $1, fired_until = $2 where id = $3',
    suspended,
    suspended ? row.firedUntil : Math.max(now, row.firedUntil),
    id,
  );
  const type = suspended ? 'schedule.suspended' : 'schedule.resumed';
  await told(session, type, row.customer, actor, {schedule: id, name: row.workload.name}, now);
  return true;
}

/** Errors: those of `submit`; OutsideError `not-leading`. */
export async function fire(
  session: Session,
  leadership: Leadership,
  {schedule, from, until, submissions}: Firing,
  again: boolean,
): Promise<readonly Accepted[]> {
  await checkLeads(session, leadership);
  const moved = await session.run(
    'update schedules set fired_until = $1 where id = $2 and fired_until = $3',
    until,
    schedule,
    from,
  );
  if (moved === 0) return [];
  const [outcome] = await submitAll(session, [submissions], again);
  if ('error' in outcome!) throw outcome.error;
  return outcome!.accepted;
}

/** Locked until the transaction ends. */
async function one(session: Session, scope: Scope, id: string): Promise<ScheduleRow | undefined> {
  const [row] = await session.rows<Raw>(
    `select * from schedules where id = $1 and customer = coalesce($2, customer) ${session.forUpdate}`,
    id,
    customerOf(scope),
  );
  return row && scheduleOf(row);
}

async function told(
  session: Session,
  type: string,
  customer: string,
  actor: Actor,
  data: Readonly<Record<string, unknown>>,
  at?: number,
): Promise<void> {
  await writeEvents(session, [{type, customer, actor, data}], 0, at ?? (await session.now()));
  await session.hint();
}
