import {Bug} from '../../spec/errors.ts';
import {hasEnded, holdsPlace, mayFollow, type WorkloadState} from '../workload-states.ts';
import type {CountChange} from './counts.ts';
import type {Session} from './database.ts';
import {answerWish} from './decisions/wishes.ts';
import type {MoveEvent} from './events.ts';
import {lockWorkloads} from './lock-workloads.ts';
import type {Actor, AttemptOutcome, AttemptRow, WorkloadId, WorkloadRow} from './store.ts';

/** A row while its transaction goes on. */
export type Working = {-readonly [K in keyof WorkloadRow]: WorkloadRow[K]};

/** What else a transition sets. */
export interface MoveParts {
  readonly reason?: string;
  readonly actor: Actor;
  readonly set?: Partial<
    Pick<Working, 'lease' | 'attempt' | 'worker' | 'notBefore' | 'exitCode' | 'result' | 'outputs' | 'progress'>
  >;
  readonly outcome?: AttemptOutcome;
  readonly restoredFrom?: number;
}

/** What an attempt's row becomes. */
export type AttemptChange = Pick<AttemptRow, 'workload' | 'attempt'> & Partial<AttemptRow>;

/**
 * The transitions of one transaction: rows are locked and changed here, with all that follows (attempts that end, those
 * that wait for the ended, events), and written by `writeMoves` in the end, a few statements for all of them.
 */
export class Moves {
  readonly session: Session;
  readonly now: number;
  readonly rows = new Map<WorkloadId, Working>();
  readonly changed = new Set<WorkloadId>();
  readonly begun: AttemptRow[] = [];
  readonly attempts: AttemptChange[] = [];
  readonly events: MoveEvent[] = [];
  readonly counts: CountChange[] = [];
  /** Those that ended and whose dependants do not know. */
  readonly ended = new Set<WorkloadId>();

  private constructor(session: Session, now: number) {
    this.session = session;
    this.now = now;
  }

  /** Locks these; those that are not there are left out. */
  static async of(session: Session, ids: readonly WorkloadId[]): Promise<Moves> {
    const [now, rows] = await Promise.all([session.now(), lockWorkloads(session, ids)]);
    const moves = new Moves(session, now);
    moves.add(rows);
    return moves;
  }

  add(rows: readonly WorkloadRow[]): void {
    for (const row of rows) if (!this.rows.has(row.id)) this.rows.set(row.id, {...row});
  }

  /** Errors: Bug, a transition that the table of states does not have. */
  move(row: Working, to: WorkloadState, parts: MoveParts): void {
    const from = row.state;
    if (!mayFollow(from, to)) throw new Bug(`workload ${row.id}: ${from} → ${to} is no transition`);
    const {actor, reason, set = {}} = parts;
    if (holdsPlace(from) && !holdsPlace(to)) this.#endAttempt(row, from, to, parts);
    if (to === 'RUNNING') this.#run(row);
    if (hasEnded(from)) forgetEnd(row);
    Object.assign(row, {notBefore: undefined}, set, {state: to, reason, changedAt: this.now});
    if (hasEnded(to)) {
      row.endedAt = this.now;
      row.wanted = undefined;
      this.ended.add(row.id);
    } else this.ended.delete(row.id);
    if (to === 'PAUSED' && row.wanted === 'pause') row.wanted = undefined;
    if (!holdsPlace(to) && !hasEnded(to)) row.worker = undefined;
    this.changed.add(row.id);
    this.counts.push({customer: row.customer, state: from, count: -1}, {customer: row.customer, state: to, count: 1});
    this.events.push(transitionEvent(row, from, to, actor, parts));
    // What nobody runs any more is told nothing: what was wanted of it is so at once.
    if (row.wanted !== undefined && !holdsPlace(to)) {
      const answer = answerWish({...row, wanted: undefined}, row.wanted);
      if (answer.kind === 'now') this.move(row, answer.to, {reason: answer.reason, actor});
    }
  }

  /** Changes that are no transition; `event` when people shall see it. */
  touch(row: Working, set: Partial<Working>, event?: MoveEvent): void {
    Object.assign(row, set, {changedAt: this.now});
    this.changed.add(row.id);
    if (event) this.events.push(event);
  }

  begin(attempt: AttemptRow): void {
    this.begun.push(attempt);
  }

  #run(row: Working): void {
    row.startedAt ??= this.now;
    this.attempts.push({workload: row.id, attempt: row.attempt, state: 'running', startedAt: this.now});
  }

  #endAttempt(row: Working, from: WorkloadState, to: WorkloadState, parts: MoveParts): void {
    this.attempts.push({
      workload: row.id,
      attempt: row.attempt,
      state: from === 'LOST' && parts.actor.name.startsWith('coordinator:') ? 'lost' : 'ended',
      endedAt: this.now,
      exitCode: parts.set?.exitCode,
      outcome: parts.outcome ?? outcomeOf(from, to),
    });
  }
}

const outcomeOf = (from: WorkloadState, to: WorkloadState): AttemptOutcome | undefined => {
  if (to === 'SUCCEEDED') return 'succeeded';
  if (to === 'CANCELLED') return 'cancelled';
  if (to === 'PAUSED') return 'paused';
  if (from === 'LOST') return 'lost';
  return to === 'FAILED' || to === 'RETRYING' ? 'failed' : undefined;
};

/** Tried again: as if it had not ended. */
function forgetEnd(row: Working): void {
  Object.assign(row, {endedAt: undefined, exitCode: undefined, result: undefined, outputs: {}, progress: undefined});
}

function transitionEvent(
  row: Working,
  from: WorkloadState,
  to: WorkloadState,
  actor: Actor,
  parts: MoveParts,
): MoveEvent {
  const data: Record<string, unknown> = {};
  if (parts.reason !== undefined) data.reason = parts.reason;
  if (to === 'SCHEDULED') data.worker = row.worker;
  if (parts.outcome !== undefined) data.outcome = parts.outcome;
  if (parts.set?.exitCode !== undefined) data.exitCode = parts.set.exitCode;
  return {
    type: 'workload.state',
    customer: row.customer,
    workload: row.id,
    actor,
    from,
    to,
    ...(row.attempt > 0 ? {attempt: row.attempt} : {}),
    data,
  };
}
