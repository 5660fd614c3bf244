import {Conditions} from '../conditions.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {eventOf, type Raw} from '../row-mapping.ts';
import type {EventQuery, EventRow, NewEvent, Scope} from '../store.ts';
import {customerOf} from './scopes.ts';

export async function events(session: Session, scope: Scope, query: EventQuery): Promise<readonly EventRow[]> {
  const {after, newestFirst = false, workload, types, limit} = query;
  const conditions = new Conditions();
  conditions.add(parameter => `seq ${newestFirst ? '<' : '>'} ${parameter}`, after);
  conditions.equal('customer', customerOf(scope));
  conditions.equal('workload', workload);
  conditions.add(parameter => session.among('type', parameter), types);
  const rows = await session.rows<Raw>(
    `select * from events ${conditions.where} order by seq ${newestFirst ? 'desc' : 'asc'} limit ${conditions.param(limit)}`,
    ...conditions.params,
  );
  return rows.map(eventOf);
}

export async function newestEvent(session: Session): Promise<number> {
  const [row] = await session.rows<{seq: number | null}>('select max(seq) as seq from events');
  return row?.seq ?? 0;
}

export async function note(session: Session, event: NewEvent): Promise<void> {
  await writeEvents(session, [event], 0, await session.now());
}
