import type {Row} from 'postgres';
import type {Workload} from '../../../spec/workload.ts';
import {ADDED} from '../counts.ts';
import type {Cells, Param, Table} from '../database.ts';
import {textOf} from '../row-mapping.ts';
import type {Submission} from '../store.ts';
import {specText} from '../workload-text.ts';
import {columnsOf} from './column-parameters.ts';
import {HINTS} from './hints.ts';

/** What each has of its own. */
const own = {id: 'text', request: 'text', traceparent: 'text', not_before: 'bigint'} as const;
/** What many have in common. */
const common = {
  customer: 'text',
  actor: 'text',
  name: 'text',
  version: 'text',
  labels: 'text',
  spec: 'text',
  inputs: 'text',
  batch: 'text',
  schedule: 'text',
} as const;
const columnsIn = (columns: Readonly<Record<string, string>>): string => Object.keys(columns).join(', ');

/** With more than these, each row brings everything: joining would cost more than it saves. */
const MOST_SHAPES = 16;

type Ask = (text: string, params: readonly Param[]) => Promise<readonly Row[]>;

/**
 * Accepts submissions that depend on nothing in one statement, which is one round trip and, outside of a transaction, one
 * by itself: nobody waits for the counter while this process does something else. What many have in common is sent once.
 * Returns the number of the first. The same as `writeSubmissions` writes.
 */
export async function acceptPlain(ask: Ask, submissions: readonly Submission[]): Promise<number> {
  const {shapes, rows} = shapesOf(submissions);
  const {from, params} = shapes.length > MOST_SHAPES ? eachWhole(shapes, rows) : joined(shapes, rows);
  const [row] = await ask(statement(from), [rows.length, ...params]);
  return Number(row!.before) + 1;
}

interface Shaped {
  readonly cells: Cells;
  /** Index of its shape. */
  readonly shape: number;
}

function shapesOf(submissions: readonly Submission[]): {
  readonly shapes: readonly Cells[];
  readonly rows: readonly Shaped[];
} {
  const shapes: Cells[] = [];
  // By the workload itself, which is the same object for all that were written alike, and by the rest.
  const known = new Map<Workload, Map<string, number>>();
  const rows = submissions.map(submission => {
    const {workload, customer, actor, inputs, batch, schedule} = submission;
    const alike = known.get(workload) ?? new Map<string, number>();
    known.set(workload, alike);
    const rest = JSON.stringify([customer, actor.name, inputs, batch, schedule]);
    const shape = alike.get(rest) ?? shapes.push(commonCells(submission)) - 1;
    alike.set(rest, shape);
    return {cells: ownCells(submission), shape};
  });
  return {shapes, rows};
}

const ownCells = ({id, actor, traceparent, notBefore}: Submission): Cells => ({
  id,
  request: actor.request,
  traceparent,
  not_before: notBefore,
});

const commonCells = ({customer, actor, workload, inputs, batch, schedule}: Submission): Cells => ({
  customer,
  actor: actor.name,
  name: workload.name,
  version: workload.version,
  labels: textOf(workload.labels),
  spec: specText(workload),
  inputs: textOf(inputs),
  batch,
  schedule,
});

interface From {
  readonly from: string;
  readonly params: readonly string[];
}

/** The first parameter of the statement is how many. */
function joined(shapes: readonly Cells[], rows: readonly Shaped[]): From {
  const columns = {...own, shape: 'bigint'} as const;
  const cells = rows.map(row => ({...row.cells, shape: row.shape + 1}));
  const its = columnsOf(tableOf(columns), Object.keys(columns), cells, 1);
  const theirs = columnsOf(tableOf(common), Object.keys(common), shapes, 1 + its.params.length);
  return {
    from: `${its.from} with ordinality as own (${columnsIn(columns)}, n)
      join ${theirs.from} with ordinality as common (${columnsIn(common)}, shape) using (shape)`,
    params: [...its.params, ...theirs.params],
  };
}

function eachWhole(shapes: readonly Cells[], rows: readonly Shaped[]): From {
  const columns = {...own, ...common};
  const cells = rows.map(row => ({...row.cells, ...shapes[row.shape]!}));
  const {from, params} = columnsOf(tableOf(columns), Object.keys(columns), cells, 1);
  return {from: `${from} with ordinality as own (${columnsIn(columns)}, n)`, params};
}

const tableOf = (columns: Table['columns']): Table => ({name: 'new', columns});

/** The counter is the first that is locked: all others are written with what it says. */
const statement = (from: string): string => `
with new as materialized (select n, ${columnsIn(own)}, ${columnsIn(common)} from ${from}),
taken as (update counter set number = number + $1
  returning number - $1 as before, (extract(epoch from clock_timestamp()) * 1000)::bigint as now),
told as (insert into events (seq, at, type, customer, workload, actor, request, to_state)
  select before + n, now, 'workload.accepted', customer, id, actor, request, 'PENDING' from taken, new),
written as (insert into workloads (seq, changed, state, accepted_at, changed_at, id, request, traceparent, not_before,
    customer, name, version, labels, spec, inputs, batch, schedule)
  select before + n, before + n, 'PENDING', now, now, id, request, traceparent, not_before,
    customer, name, version, labels, spec, inputs, batch, schedule from taken, new),
counted as (insert into workload_counts (customer, state, count)
  select customer, 'PENDING', count(*) from taken, new group by customer ${ADDED})
select before, pg_notify('${HINTS}', 'workloads') from taken`;
