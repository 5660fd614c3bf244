import type {z} from 'zod';
import type {EventRow} from '../../coordinator/store/store.ts';
import type {eventAnswer} from '../schemas/event.ts';
import {timeText} from '../schemas/wire.ts';

export const eventOf = (row: EventRow): z.output<typeof eventAnswer> => ({
  seq: row.seq,
  at: timeText(row.at),
  type: row.type,
  customer: row.customer,
  workload: row.workload,
  attempt: row.attempt,
  from: row.from,
  to: row.to,
  actor: {name: row.actor.name, request: row.actor.request},
  data: {...row.data},
});
