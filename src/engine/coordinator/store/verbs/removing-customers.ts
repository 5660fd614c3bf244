import {UserError} from '../../../spec/errors.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import type {Actor, CustomerId} from '../store.ts';

export async function removeCustomer(session: Session, id: CustomerId, actor: Actor): Promise<boolean> {
  const count = async (of: string): Promise<number> => {
    const [row] = await session.rows<{count: number}>(`select count(*) as count from ${of}`, id);
    return Number(row?.count ?? 0);
  };
  const there = await session.rows(`select id from customers where id = $1 ${session.forUpdate}`, id);
  if (there.length === 0) return false;
  const workloads = await count("workloads where customer = $1 and state not in ('SUCCEEDED', 'FAILED', 'CANCELLED')");
  const environments = await count('environments where customer = $1 and removed_at is null');
  if (workloads + environments > 0) throw stillHas(id, workloads, environments);
  const now = await session.now();
  const keys = await session.run('update keys set revoked_at = $1 where customer = $2 and revoked_at is null', now, id);
  const schedules = await session.run('delete from schedules where customer = $1', id);
  await session.run('delete from customers where id = $1', id);
  await writeEvents(session, [{type: 'customer.removed', customer: id, actor, data: {keys, schedules}}], 0, now);
  await session.hint();
  return true;
}

const stillHas = (id: CustomerId, workloads: number, environments: number): UserError => {
  const parts = [
    ...(workloads > 0
      ? [`${workloads} workload${workloads === 1 ? '' : 's'} that ${workloads === 1 ? 'has' : 'have'} not ended`]
      : []),
    ...(environments > 0 ? [`${environments} environment${environments === 1 ? '' : 's'}`] : []),
  ];
  return new UserError({
    code: 'not-possible',
    message: `customer ${id} still has ${parts.join(' and ')}`,
    hint:
      environments > 0
        ? 'Destroy its environments first.'
        : `niyanta customer rm ${id} --cancel cancels them, and waits until they have ended.`,
  });
};
