import {UserError} from '../../../spec/errors.ts';
import {type WorkloadState, workloadStates} from '../../workload-states.ts';
import {Conditions} from '../conditions.ts';
import type {Session} from '../database.ts';
import {attemptOf, given, type Raw, workloadOf} from '../row-mapping.ts';
import type {AttemptRow, Page, RunRow, Scope, WorkloadId, WorkloadQuery, WorkloadRow} from '../store.ts';
import {customerOf} from './scopes.ts';

export async function workload(session: Session, scope: Scope, id: WorkloadId): Promise<WorkloadRow | undefined> {
  const [row] = await session.rows<Raw>(
    'select * from workloads where id = $1 and customer = coalesce($2, customer)',
    id,
    customerOf(scope),
  );
  return row && workloadOf(row);
}

export async function workloads(session: Session, scope: Scope, query: WorkloadQuery): Promise<Page<WorkloadRow>> {
  const {limit, labels = {}} = query;
  const conditions = new Conditions();
  conditions.equal('customer', customerOf(scope));
  conditions.add(parameter => session.among('state', parameter), query.states);
  conditions.equal('name', query.name);
  conditions.equal('version', query.version);
  conditions.equal('batch', query.batch);
  conditions.equal('schedule', query.schedule);
  conditions.equal('worker', query.worker);
  for (const [key, value] of Object.entries(labels))
    conditions.equal(session.field('labels', conditions.param(key)), value);
  conditions.add(parameter => `seq < ${parameter}`, query.after === undefined ? undefined : seqIn(query.after));
  const rows = await session.rows<Raw>(
    `select * from workloads ${conditions.where} order by seq desc limit ${conditions.param(limit + 1)}`,
    ...conditions.params,
  );
  const items = rows.slice(0, limit).map(workloadOf);
  return rows.length > limit ? {items, next: String(items.at(-1)!.seq)} : {items};
}

function seqIn(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new UserError({
    code: 'wrong-cursor',
    message: `${cursor} is no cursor of a page`,
    hint: 'Take it as `next` of the page before says it; begin without one.',
  });
}

export async function attempts(session: Session, scope: Scope, id: WorkloadId): Promise<readonly AttemptRow[]> {
  const rows = await session.rows<Raw>(
    `select a.* from attempts a join workloads w on w.id = a.workload
     where w.id = $1 and w.customer = coalesce($2, w.customer) order by a.attempt`,
    id,
    customerOf(scope),
  );
  return rows.map(attemptOf);
}

export async function runsOf(session: Session, scope: Scope, name: string, limit: number): Promise<readonly RunRow[]> {
  const rows = await session.rows<Raw>(
    `select version, state, started_at, ended_at from workloads
     where name = $1 and customer = coalesce($2, customer) and state in ('SUCCEEDED', 'FAILED') order by seq desc limit $3`,
    name,
    customerOf(scope),
    limit,
  );
  return rows.map(({version, state, started_at: startedAt, ended_at: endedAt}) =>
    given({version, state, startedAt, endedAt}),
  );
}

export async function counts(session: Session, scope: Scope): Promise<Readonly<Record<WorkloadState, number>>> {
  const rows = await session.rows<{state: WorkloadState; count: number}>(
    `select state, cast(sum(count) as bigint) as count from workload_counts
     where customer = coalesce($1, customer) group by state`,
    customerOf(scope),
  );
  const all = Object.fromEntries(workloadStates.map(state => [state, 0])) as Record<WorkloadState, number>;
  for (const {state, count} of rows) all[state] = count;
  return all;
}

/** Random, made with the tables; a backup that is restored has it, too. */
export async function identity(session: Session): Promise<string> {
  const [row] = await session.rows<{name: string}>('select name from identity');
  return row!.name;
}
