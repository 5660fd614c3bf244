import {z} from 'zod';
import {UserError} from '../spec/errors.ts';
import type {ProcessIdentity} from './process-identity.ts';
import type {LeaseHolder, Waiter} from './store.ts';

/**
 * What a lease file holds, and how it changes. All times are milliseconds by the store's clock; the file outlives
 * each holding, since the fence must never go back.
 */
export type LeaseRecord = z.infer<typeof leaseRecordSchema>;
export type Holding = z.infer<typeof holdingSchema>;

const processSchema = z.object({
  pid: z.number().int().positive(),
  machine: z.string(),
  scope: z.string(),
  started: z.string().optional(),
});
const progressSchema = z.object({
  done: z.number(),
  total: z.number(),
  doing: z.string().optional(),
  at: z.number(),
});
const holdingSchema = z.object({
  id: z.string(),
  owner: z.string(),
  reason: z.string(),
  since: z.number(),
  expires: z.number(),
  fence: z.number().int(),
  process: processSchema,
  progress: progressSchema.optional(),
});
/** A place in the queue of those who wait; given up when it is not asked again in time. */
const ticketSchema = z.object({
  id: z.string(),
  owner: z.string(),
  reason: z.string(),
  since: z.number(),
  expires: z.number(),
  process: processSchema,
});
const leaseRecordSchema = z.object({
  fence: z.number().int().nonnegative(),
  holding: holdingSchema.optional(),
  queue: z.array(ticketSchema),
});

/** Whether a process has certainly ended; false when in doubt. */
export type HasEnded = (process: ProcessIdentity) => boolean;

export const emptyLeaseRecord: LeaseRecord = {fence: 0, queue: []};

/** Errors: UserError `lease-file-invalid`. */
export function parseLeaseRecord(text: string, file: string): LeaseRecord {
  const parsed = leaseRecordSchema.safeParse(jsonOrUndefined(text));
  if (parsed.success) return parsed.data;
  throw new UserError({
    code: 'lease-file-invalid',
    message: `${file} is not a lease file of niyanta`,
    hint: 'When no apply is running anywhere, delete it; the next apply makes a new one.',
    cause: parsed.error,
  });
}

/** The holding that counts now: not expired, and its process not known to have ended. */
export function currentHolding(record: LeaseRecord, now: number, ended: HasEnded): Holding | undefined {
  const holding = record.holding;
  if (holding === undefined || holding.expires <= now || ended(holding.process)) return undefined;
  return holding;
}

/** What one asking for the lease comes to; `record` is the same when there is nothing to keep. */
export type Attempt =
  | {readonly taken: true; readonly record: LeaseRecord; readonly holding: Holding}
  /** `behind` is the holder; absent when only others are first in the queue. `place` 1 comes next. */
  | {readonly taken: false; readonly record: LeaseRecord; readonly behind?: Holding; readonly place: number};

/** When one asks, and for how long a place in the queue is kept; the fence goes above `fenceAbove`, too. */
export interface AskTimes {
  readonly now: number;
  readonly ticketMs: number;
  readonly fenceAbove: number;
}

/**
 * The number of a new lease: one more than the last. Where there was none, the clock's milliseconds: hosts may remember
 * the numbers of a state that has been lost or thrown away since, and no series of leases outruns these.
 */
export const nextFence = (last: number, now: number): number => (last === 0 ? Math.floor(now) : last) + 1;

/** Takes the lease when it is free and nobody waits longer; else takes a place in the queue, or renews it in time. */
export function ask(record: LeaseRecord, wanted: Omit<Holding, 'fence'>, times: AskTimes, ended: HasEnded): Attempt {
  const queue = waiting(record, times.now, ended, wanted.id);
  const behind = currentHolding(record, times.now, ended);
  // Got before, by a write whose answer was lost.
  if (behind?.id === wanted.id) return {taken: true, holding: behind, record};
  const first = queue[0];
  if (behind === undefined && (first === undefined || first.id === wanted.id)) {
    const fence = nextFence(Math.max(record.fence, times.fenceAbove), times.now);
    const holding = {...wanted, fence};
    return {taken: true, holding, record: {fence, holding, queue: queue.filter(({id}) => id !== wanted.id)}};
  }
  const known = queue.find(({id}) => id === wanted.id);
  const place = known ? queue.indexOf(known) : queue.length;
  const answer = {taken: false as const, behind, place: place + 1};
  // Many may wait: a place is written anew only when half of its time is over.
  if (known && known.expires - times.now > times.ticketMs / 2) return {...answer, record};
  const {id, owner, reason, process} = wanted;
  const since = known?.since ?? times.now;
  const ticket = {id, owner, reason, since, expires: times.now + times.ticketMs, process};
  const next = known ? queue.with(place, ticket) : [...queue, ticket];
  return {...answer, record: {...record, queue: next}};
}

/** Those who wait, in order: without those whose time is over or whose process has ended, but for `id`. */
export const waiting = (record: LeaseRecord, now: number, ended: HasEnded, id?: string) =>
  record.queue.filter(ticket => ticket.id === id || (ticket.expires > now && !ended(ticket.process)));

/** Gives up a place in the queue. */
export const leaveQueue = (record: LeaseRecord, id: string): LeaseRecord => ({
  ...record,
  queue: record.queue.filter(ticket => ticket.id !== id),
});

/** What a holder tells when it renews; times by the store's clock. */
export interface Renewal {
  readonly id: string;
  readonly expires: number;
  readonly progress?: Holding['progress'];
}

/** The record with a later expiry; undefined when this holding is no longer the one that counts. */
export function renewed(record: LeaseRecord, {id, expires, progress}: Renewal): LeaseRecord | undefined {
  if (record.holding?.id !== id) return undefined;
  return {...record, holding: {...record.holding, expires, ...(progress ? {progress} : {})}};
}

/** Ends whatever holding there is; the fence stays. */
export const vacated = ({fence, queue}: LeaseRecord): LeaseRecord => ({fence, queue});

/** A place in the queue as other rooms read it. */
export const toWaiter = ({owner, reason, since, process}: LeaseRecord['queue'][number]): Waiter => ({
  owner,
  machine: process.machine,
  pid: process.pid,
  since: new Date(since).toISOString(),
  reason,
});

/** A holding as other rooms read it. */
export const toHolder = ({id, owner, reason, since, expires, fence, process, progress}: Holding): LeaseHolder => ({
  id,
  owner,
  machine: process.machine,
  pid: process.pid,
  since: new Date(since).toISOString(),
  expires: new Date(expires).toISOString(),
  reason,
  fence,
  ...(progress ? {progress: {...progress, at: new Date(progress.at).toISOString()}} : {}),
});

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
