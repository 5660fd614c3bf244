import {createHash} from 'node:crypto';
import type {WorkloadState} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import type {Submission, WorkloadId} from '../store.ts';

/** A workload that was accepted before under the same idempotency key, or by an earlier try under the same id. */
export interface Known {
  readonly id: WorkloadId;
  readonly seq: number;
  readonly state: WorkloadState;
  readonly content?: string;
}

export interface KnownBy {
  readonly key: ReadonlyMap<string, Known>;
  readonly id: ReadonlyMap<WorkloadId, Known>;
}

export const keyOf = ({customer, idempotencyKey}: Submission): string => JSON.stringify([customer, idempotencyKey]);

/** Tells one content from another under the same idempotency key. */
export const contentOf = ({workload, inputs, notBefore, after, checkpoint}: Submission): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        [workload, inputs, notBefore, ...(after?.length ? [after] : []), ...(checkpoint ? [checkpoint.of] : [])],
        sorted,
      ),
    )
    .digest('base64url');

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

interface KnownRow {
  readonly id: WorkloadId;
  readonly seq: number;
  readonly state: WorkloadState;
  readonly customer: string;
  readonly idempotency_key: string | null;
  readonly content: string | null;
}

export async function findKnown(
  session: Session,
  submissions: readonly Submission[],
  again: boolean,
): Promise<KnownBy> {
  const found: KnownRow[] = [];
  const columns = 'id, seq, state, customer, idempotency_key, content';
  const keyed = Map.groupBy(
    submissions.filter(({idempotencyKey}) => idempotencyKey !== undefined),
    ({customer}) => customer,
  );
  for (const [customer, its] of [...keyed].sort())
    found.push(
      ...(await session.rows<KnownRow>(
        `select ${columns} from workloads where customer = $1 and ${session.among('idempotency_key', '$2')}
         order by id ${session.forShare}`,
        customer,
        its.map(({idempotencyKey}) => idempotencyKey!),
      )),
    );
  const own = again
    ? await session.rows<KnownRow>(
        `select ${columns} from workloads where ${session.among('id', '$1')}`,
        submissions.map(({id}) => id),
      )
    : [];
  return {
    key: new Map(found.map(row => [JSON.stringify([row.customer, row.idempotency_key]), knownOf(row)])),
    id: new Map(own.map(row => [row.id, knownOf(row)])),
  };
}

const knownOf = ({id, seq, state, content}: KnownRow): Known => ({id, seq, state, content: content ?? undefined});
