import {decayed} from './decisions/usage.ts';
import type {Moves} from './moves.ts';
import type {AttemptRow, CustomerId} from './store.ts';

/** Adds the core-seconds of attempts that have ended to what their customers used, for fair share. */
export async function addUsage(moves: Moves, attempts: readonly AttemptRow[], halfLifeMs: number): Promise<void> {
  const {session, now} = moves;
  const used = new Map<CustomerId, number>();
  for (const {workload, startedAt, endedAt} of attempts) {
    const {customer, workload: spec} = moves.rows.get(workload)!;
    const coreSeconds = ((spec.resources.cpu ?? 0) * Math.max(0, (endedAt ?? 0) - (startedAt ?? now))) / 1000;
    if (endedAt !== undefined && coreSeconds > 0) used.set(customer, (used.get(customer) ?? 0) + coreSeconds);
  }
  if (used.size === 0) return;
  const customers = await session.rows<{id: string; used: number; used_at: number}>(
    `select id, used, used_at from customers where ${session.among('id', '$1')} order by id ${session.forUpdate}`,
    [...used.keys()],
  );
  for (const {id, used: before, used_at} of customers)
    await session.run(
      'update customers set used = $1, used_at = $2 where id = $3',
      decayed(before, used_at, now, halfLifeMs) + used.get(id)!,
      now,
      id,
    );
}
