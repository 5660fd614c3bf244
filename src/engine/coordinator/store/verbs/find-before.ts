import {UserError} from '../../../spec/errors.ts';
import type {AfterRule} from '../../../spec/workload.ts';
import type {WorkloadState} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import type {Submission, WorkloadId} from '../store.ts';

/** What a submission comes after. `state` of one that was there before; of the same call, none. */
export interface Before {
  readonly id: WorkloadId;
  readonly name: string;
  readonly on: AfterRule['on'];
  readonly state?: WorkloadState;
}

/** By the id of the submission that waits. */
export type BeforeOf = ReadonlyMap<WorkloadId, readonly Before[]>;

interface Stood {
  readonly id: WorkloadId;
  readonly name: string;
  readonly state: WorkloadState;
}

/** What was there before this transaction, by customer and name, and by customer and id; locked until it ends. */
export type Earlier = ReadonlyMap<string, Stood>;

const keyOf = (customer: string, by: 'name' | 'id', text: string): string => JSON.stringify([customer, by, text]);

/** Those that any of these come after, by name the newest. They cannot end meanwhile. */
export async function findEarlier(session: Session, submissions: readonly Submission[]): Promise<Earlier> {
  const wanted = Map.groupBy(
    submissions.filter(({workload, after = []}) => workload.after.length + after.length > 0),
    ({customer}) => customer,
  );
  const earlier = new Map<string, Stood>();
  for (const [customer, its] of [...wanted].sort()) {
    const names = new Set(its.flatMap(({workload}) => workload.after.map(rule => rule.workload)));
    const newest = await newestOf(session, customer, [...names]);
    const byId = new Set(its.flatMap(({after = []}) => after.map(({id}) => id)));
    const rows = await session.rows<Stood>(
      `select id, name, state from workloads where customer = $1 and ${session.among('id', '$2')}
       order by id ${session.forShare}`,
      customer,
      [...new Set([...newest, ...byId])],
    );
    for (const row of rows) {
      if (newest.includes(row.id)) earlier.set(keyOf(customer, 'name', row.name), row);
      if (byId.has(row.id)) earlier.set(keyOf(customer, 'id', row.id), row);
    }
  }
  return earlier;
}

async function newestOf(session: Session, customer: string, names: readonly string[]): Promise<readonly WorkloadId[]> {
  if (names.length === 0) return [];
  const newest = await session.rows<{seq: number}>(
    `select max(seq) as seq from workloads where customer = $1 and ${session.among('name', '$2')} group by name`,
    customer,
    names,
  );
  if (newest.length === 0) return [];
  const rows = await session.rows<{id: WorkloadId}>(
    `select id from workloads where seq in (${newest.map(({seq}) => Number(seq)).join(', ')})`,
  );
  return rows.map(({id}) => id);
}

/**
 * What each of one call comes after: the newest of that name in the call, else the newest that was there. Errors:
 * UserError `unknown-workload`, `after-cycle`.
 */
export function findBefore(call: readonly Submission[], earlier: Earlier): BeforeOf {
  const found = new Map<WorkloadId, readonly Before[]>();
  call.forEach((submission, index) => {
    const named = submission.workload.after.map(({workload: name, on}): Before => {
      // One that comes after its own name means the one before it.
      const beside = name === submission.workload.name ? call.slice(0, index) : call;
      const near = beside.findLast(each => each.workload.name === name && each.customer === submission.customer);
      if (near) return {id: near.id, name, on};
      const old = earlier.get(keyOf(submission.customer, 'name', name));
      if (!old) throw unknown(submission, name);
      return {...old, on};
    });
    const before = [...named, ...(submission.after ?? []).map(rule => byId(submission, rule, earlier))];
    if (before.length > 0) found.set(submission.id, before);
  });
  refuseCycles(call, found);
  return found;
}

function byId(
  {customer, workload}: Submission,
  {id, on}: {id: WorkloadId; on: Before['on']},
  earlier: Earlier,
): Before {
  const old = earlier.get(keyOf(customer, 'id', id));
  if (old) return {...old, on};
  const message = `workload ${workload.name} comes after ${id}, and there is no such workload`;
  throw new UserError({
    code: 'unknown-workload',
    message,
    hint: 'niyanta workload ls shows the ids of those there are.',
  });
}

function refuseCycles(call: readonly Submission[], found: BeforeOf): void {
  const names = new Map(call.map(({id, workload}) => [id, workload.name]));
  const done = new Set<WorkloadId>();
  const visit = (id: WorkloadId, path: readonly WorkloadId[]): void => {
    if (path.includes(id)) throw cycle([...path.slice(path.indexOf(id)), id].map(each => names.get(each)!));
    if (done.has(id)) return;
    for (const before of found.get(id) ?? []) if (names.has(before.id)) visit(before.id, [...path, id]);
    done.add(id);
  };
  for (const {id} of call) visit(id, []);
}

const unknown = ({workload}: Submission, name: string) =>
  new UserError({
    code: 'unknown-workload',
    message: `workload ${workload.name} comes after ${name}, which is neither submitted with it nor was before`,
    hint: `Submit ${name} first, or in the same batch.`,
  });

const cycle = (names: readonly string[]) =>
  new UserError({
    code: 'after-cycle',
    message: `these workloads come after each other: ${names.join(' after ')}`,
    hint: 'Take one of these `after` out.',
  });
