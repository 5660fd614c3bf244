import {Conditions} from '../conditions.ts';
import type {Session} from '../database.ts';
import type {Duration, Reserved, Scope, Spent, SpentQuery, Trend, TrendsQuery, WorkloadQuery} from '../store.ts';
import {customerOf} from './scopes.ts';

/** Ids of workloads begin with the time of their acceptance, by another clock: so much is looked at on either side. */
const skewMs = 600_000;

/** The smallest id of version 7 that a time gives. */
const idAt = (ms: number): string => {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

/** Every interval of the period, in order, those in which nothing happened, too. */
export async function trends(session: Session, scope: Scope, query: TrendsQuery): Promise<readonly Trend[]> {
  const {from, until, intervalMs} = query;
  const submitted = await submissionsOf(session, scope, query);
  const ended = await endsOf(session, scope, query);
  return Array.from({length: Math.ceil((until - from) / intervalMs)}, (_, bucket) => {
    const ends = ended.filter(each => each.bucket === bucket);
    const inState = (state: string) => ends.find(each => each.state === state)?.count ?? 0;
    return {
      at: from + bucket * intervalMs,
      submitted: submitted.get(bucket) ?? 0,
      succeeded: inState('SUCCEEDED'),
      failed: inState('FAILED'),
      cancelled: inState('CANCELLED'),
      waited: together(ends.map(({started, waited, longest_wait}) => [started, waited, longest_wait])),
      ran: together(ends.map(({started, ran, longest_run}) => [started, ran, longest_run])),
    };
  });
}

async function submissionsOf(
  session: Session,
  scope: Scope,
  {from, until, intervalMs, name}: TrendsQuery,
): Promise<ReadonlyMap<number, number>> {
  const rows = await session.rows<{bucket: number; count: number}>(
    `select (accepted_at - cast($3 as bigint)) / cast($7 as bigint) as bucket, count(*) as count from workloads
     where id >= $1 and id < $2 and accepted_at >= $3 and accepted_at < $4
     and customer = coalesce($5, customer) and name = coalesce($6, name) group by 1`,
    ...[idAt(from - skewMs), idAt(until + skewMs), from, until, customerOf(scope), name, intervalMs],
  );
  return new Map(rows.map(({bucket, count}) => [Number(bucket), count]));
}

interface Ends {
  readonly bucket: number;
  readonly state: string;
  readonly count: number;
  readonly started: number;
  readonly waited: number;
  readonly longest_wait: number;
  readonly ran: number;
  readonly longest_run: number;
}

async function endsOf(session: Session, scope: Scope, query: TrendsQuery): Promise<readonly Ends[]> {
  const {from, until, intervalMs, name} = query;
  const rows = await session.rows<Ends>(
    `select (ended_at - cast($1 as bigint)) / cast($5 as bigint) as bucket, state, count(*) as count,
     count(started_at) as started,
     cast(coalesce(sum(started_at - accepted_at), 0) as double precision) as waited,
     coalesce(max(started_at - accepted_at), 0) as longest_wait,
     cast(coalesce(sum(case when started_at is null then 0 else ended_at - started_at end), 0) as double precision) as ran,
     coalesce(max(case when started_at is null then 0 else ended_at - started_at end), 0) as longest_run
     from workloads where ended_at >= $1 and ended_at < $2
     and customer = coalesce($3, customer) and name = coalesce($4, name) group by 1, 2`,
    ...[from, until, customerOf(scope), name, intervalMs],
  );
  return rows.map(row => ({...row, bucket: Number(row.bucket)}));
}

function together(parts: readonly (readonly [count: number, sum: number, most: number])[]): Duration {
  const count = parts.reduce((sum, [each]) => sum + each, 0);
  if (count === 0) return {count};
  const sum = parts.reduce((all, [, each]) => all + each, 0);
  return {count, mean: Math.round(sum / count), most: Math.max(...parts.map(([, , most]) => most))};
}

export async function spent(session: Session, scope: Scope, query: SpentQuery): Promise<readonly Spent[]> {
  const {from, until, by, limit} = query;
  const seconds = '((a.ended_at - a.started_at) / 1000.0)';
  const sumOf = (resource: string) =>
    `cast(sum(${seconds} * ${session.number('w.spec', ['resources', resource])}) as double precision)`;
  const rows = await session.rows<SpentRow>(
    `select w.customer as customer${by === 'workload' ? ", w.name as name, coalesce(w.version, '') as version" : ''},
     count(distinct w.id) as workloads, count(*) as attempts, cast(sum(${seconds}) as double precision) as seconds,
     ${sumOf('cpu')} as cores, ${sumOf('memory')} as bytes, ${sumOf('gpu')} as gpus
     from attempts a join workloads w on w.id = a.workload
     where a.ended_at >= $1 and a.ended_at < $2 and a.started_at is not null and w.customer = coalesce($3, w.customer)
     group by ${by === 'workload' ? '1, 2, 3' : '1'}
     order by seconds desc, 1${by === 'workload' ? ', 2, 3' : ''} limit $4`,
    ...[from, until, customerOf(scope), limit],
  );
  return rows.map(({cores, bytes, gpus, version, ...row}) => ({
    ...row,
    ...(version ? {version} : {}),
    coreSeconds: cores,
    byteSeconds: bytes,
    gpuSeconds: gpus,
  }));
}

interface SpentRow extends Pick<Spent, 'customer' | 'name' | 'workloads' | 'attempts' | 'seconds'> {
  readonly version?: string;
  readonly cores: number;
  readonly bytes: number;
  readonly gpus: number;
}

export async function waiting(
  session: Session,
  scope: Scope,
  {name, labels = {}}: Pick<WorkloadQuery, 'name' | 'labels'>,
): Promise<number> {
  const conditions = new Conditions();
  conditions.equal('customer', customerOf(scope));
  conditions.equal('name', name);
  for (const [key, value] of Object.entries(labels))
    conditions.equal(session.field('labels', conditions.param(key)), value);
  const [row] = await session.rows<{count: number}>(
    `select count(*) as count from (select * from workloads ${conditions.where}) as those
     where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED') and state in ('PENDING', 'RETRYING')`,
    ...conditions.params,
  );
  return Number(row!.count);
}

export async function reserved(session: Session, scope: Scope): Promise<readonly Reserved[]> {
  const sumOf = (resource: string) =>
    `cast(sum(${session.number('spec', ['resources', resource])}) as double precision)`;
  return session.rows<Reserved>(
    `select worker, count(*) as workloads, ${sumOf('cpu')} as cpu, ${sumOf('memory')} as memory,
     ${sumOf('gpu')} as gpu from workloads
     where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED') and state in ('SCHEDULED', 'STARTING', 'RUNNING', 'CHECKPOINTING')
     and worker is not null and customer = coalesce($1, customer) group by worker order by worker`,
    customerOf(scope),
  );
}
