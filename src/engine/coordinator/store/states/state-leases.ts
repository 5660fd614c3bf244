import type {EnvironmentName} from '../../../spec/stack.ts';
import type {LeaseBoard} from '../../../state/lease-board.ts';
import {leaseHeld} from '../../../state/lease-errors.ts';
import {
  currentHolding,
  emptyLeaseRecord,
  type LeaseRecord,
  parseLeaseRecord,
  toHolder,
} from '../../../state/lease-record.ts';
import {hasEnded} from '../../../state/process-identity.ts';
import {type Guard, type HeldBy, LeaseGone} from '../../../state/store-backend.ts';
import type {Database, Session} from '../database.ts';

interface Row {
  readonly environment: EnvironmentName;
  readonly record: string;
}

/** Lease records as rows, decided upon by the one who writes. */
export function databaseLeases(database: Database, project: string): LeaseBoard {
  return {
    async transact(environment, decide, {signal} = {}) {
      const look = async (session: Session) =>
        decide(await recordIn(session, project, environment), await session.now());
      // Who only waits keeps nobody from writing.
      const glance = await database.read(look);
      if (glance.record === undefined) return glance.result;
      return database.write(async session => {
        signal?.throwIfAborted();
        const {record, result} = await look(session);
        if (record)
          await session.run(
            `insert into state_leases (project, environment, record) values ($1, $2, $3)
             on conflict (project, environment) do update set record = excluded.record`,
            ...[project, environment, JSON.stringify(record)],
          );
        return result;
      });
    },
    all: () => database.read(async session => ({now: await session.now(), records: await recordsIn(session, project)})),
  };
}

/** Errors: LeaseGone, UserError `lock-held`. */
export async function checkGuard(session: Session, project: string, guard: Guard): Promise<void> {
  if (guard.kind === 'held') {
    for (const held of guard.leases) await checkHeld(session, project, held);
    return;
  }
  const now = await session.now();
  for (const {environment, record} of await recordsIn(session, project)) {
    const holding = currentHolding(record, now, hasEnded);
    if (holding) throw leaseHeld(environment, toHolder(holding));
  }
}

export async function checkHeld(session: Session, project: string, {environment, id}: HeldBy): Promise<void> {
  if ((await recordIn(session, project, environment)).holding?.id !== id) throw new LeaseGone(environment);
}

async function recordsIn(session: Session, project: string) {
  const rows = await session.rows<Row>('select environment, record from state_leases where project = $1', project);
  return rows.map(({environment, record}) => ({environment, record: parsed(record, environment)}));
}

async function recordIn(session: Session, project: string, environment: EnvironmentName): Promise<LeaseRecord> {
  const [row] = await session.rows<Row>(
    'select environment, record from state_leases where project = $1 and environment = $2',
    ...[project, environment],
  );
  return row ? parsed(row.record, environment) : emptyLeaseRecord;
}

const parsed = (text: string, environment: EnvironmentName): LeaseRecord =>
  parseLeaseRecord(text, `state_leases, environment ${environment}`);
