import {OutsideError} from '../../../spec/errors.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {given} from '../row-mapping.ts';
import type {Candidate, LeaderRow, Leadership} from '../store.ts';

interface Lease {
  readonly coordinator: string;
  readonly generation: number;
  readonly address: string | null;
  readonly since: number;
  readonly until: number;
}

/** Of several coordinators' times to live, more than one has to another's. */
const longest = 3;

export async function lead(session: Session, candidate: Candidate): Promise<Leadership | undefined> {
  const [lease] = await session.rows<Lease>(`select * from leader ${session.forUpdate}`);
  // Asked once the row is ours: waiting for it takes time.
  const now = await session.now();
  const {coordinator, address, ttlMs} = candidate;
  const mine = lease!.coordinator === coordinator;
  // A lease that ends later than any could was given before the clock was set back.
  const valid = lease!.until > now && lease!.until <= now + longest * ttlMs;
  if (!mine && valid) return undefined;
  const generation = mine ? lease!.generation : lease!.generation + 1;
  await session.run(
    'update leader set coordinator = $1, generation = $2, address = $3, since = $4, until = $5',
    coordinator,
    generation,
    address,
    mine ? lease!.since : now,
    now + ttlMs,
  );
  if (!mine) {
    const actor = {name: `coordinator:${coordinator}`};
    await writeEvents(session, [{type: 'leader.elected', actor, data: {generation}}], 0, now);
    await session.hint();
  }
  return {coordinator, generation};
}

export async function resign(session: Session, {coordinator, generation}: Leadership): Promise<void> {
  const now = await session.now();
  const given = await session.run(
    // Nobody's, so that the next one is elected, even if that is the same.
    `update leader set coordinator = '', until = 0 where coordinator = $1 and generation = $2`,
    coordinator,
    generation,
  );
  if (given === 0) return;
  const actor = {name: `coordinator:${coordinator}`};
  await writeEvents(session, [{type: 'leader.resigned', actor, data: {generation}}], 0, now);
  await session.hint();
}

/** Who led last, if its time is over or not; undefined when nobody does. */
export async function leader(session: Session): Promise<LeaderRow | undefined> {
  const [lease] = await session.rows<Lease>("select * from leader where coordinator <> ''");
  if (!lease) return undefined;
  const {coordinator, generation, address, since, until} = lease;
  return given({coordinator, generation, address, since, until});
}

/** Holds until the transaction ends: a new leader waits for it. Errors: OutsideError `not-leading`. */
export async function checkLeads(session: Session, {coordinator, generation}: Leadership): Promise<void> {
  const rows = await session.rows(
    `select generation from leader where generation = $1 and coordinator = $2 ${session.forShare}`,
    generation,
    coordinator,
  );
  if (rows.length === 1) return;
  throw new OutsideError({
    code: 'not-leading',
    message: `coordinator ${coordinator} leads no longer (generation ${generation})`,
    hint: 'Another one took over; this one goes on as a standby.',
  });
}
