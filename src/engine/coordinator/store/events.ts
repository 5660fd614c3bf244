import type {WorkloadState} from '../workload-states.ts';
import type {Session} from './database.ts';
import {takeNumbers} from './numbers.ts';
import {textOf} from './row-mapping.ts';
import type {NewEvent} from './store.ts';
import {eventsTable} from './tables.ts';

/** An event that stands in the audit with the workload's states. */
export interface MoveEvent extends NewEvent {
  readonly from?: WorkloadState;
  readonly to?: WorkloadState;
  readonly attempt?: number;
}

/**
 * Appends events with numbers of their own, and takes so many more for what changed with them, which come after. Returns
 * the first. The last lock of a transaction: see `takeNumbers`.
 */
export async function writeEvents(
  session: Session,
  events: readonly MoveEvent[],
  more: number,
  at: number,
): Promise<number> {
  const first = await takeNumbers(session, events.length + more);
  await session.insert(eventsTable, eventCells(events, first, at));
  return first;
}

/** Numbered from `first` on. */
export const eventCells = (events: readonly MoveEvent[], first: number, at: number) =>
  events.map((event, index) => ({
    seq: first + index,
    at,
    type: event.type,
    customer: event.customer,
    workload: event.workload,
    actor: event.actor.name,
    request: event.actor.request,
    from_state: event.from,
    to_state: event.to,
    attempt: event.attempt,
    data: textOf(event.data),
  }));
