import type {HostName} from '../../../spec/stack.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {type Raw, textOf, workerOf} from '../row-mapping.ts';
import type {Actor, WorkerBeat, WorkerRow} from '../store.ts';
import {workersTable} from '../tables.ts';

export async function workers(session: Session): Promise<readonly WorkerRow[]> {
  return (await session.rows<Raw>('select * from workers order by name')).map(workerOf);
}

export async function beat(session: Session, beats: readonly WorkerBeat[]): Promise<void> {
  const now = await session.now();
  // One beat a worker, in the order of names: two coordinators do not wait for each other in a ring.
  const newest = new Map(beats.map(each => [each.name, each]));
  const rows = [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  await session.insert(
    workersTable,
    rows.map(({name, kind, region, labels, capacity, unusable}) => ({
      name,
      kind,
      region,
      labels: textOf(labels),
      cpu: capacity.cpu,
      memory: capacity.memory,
      gpu: capacity.gpu,
      disk: capacity.disk,
      seen_at: now,
      unusable,
    })),
    `on conflict (name) do update set kind = excluded.kind, region = excluded.region, labels = excluded.labels,
     cpu = excluded.cpu, memory = excluded.memory, gpu = excluded.gpu, disk = excluded.disk,
     seen_at = excluded.seen_at, unusable = excluded.unusable`,
  );
}

export async function setDrained(
  session: Session,
  worker: HostName,
  drained: boolean,
  stop: boolean,
  actor: Actor,
): Promise<boolean> {
  const stopping = drained && stop;
  const found = await session.run(
    'update workers set drained = $1, stopping = $3 where name = $2 and (drained <> $1 or stopping <> $3)',
    ...[drained, worker, stopping],
  );
  if (found === 0) return (await session.rows('select name from workers where name = $1', worker)).length > 0;
  const type = drained ? 'worker.drained' : 'worker.undrained';
  const data = {worker, ...(stopping && {stop: true})};
  await writeEvents(session, [{type, actor, data}], 0, await session.now());
  await session.hint();
  return true;
}

export async function forget(session: Session, worker: HostName, actor: Actor): Promise<boolean> {
  if ((await session.run('delete from workers where name = $1', worker)) === 0) return false;
  await writeEvents(session, [{type: 'worker.forgotten', actor, data: {worker}}], 0, await session.now());
  return true;
}
