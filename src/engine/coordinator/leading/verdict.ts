import type {CoordinatorSettings} from '../coordinator.ts';
import type {Store, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {End} from '../workers/attempt-end.ts';
import type {Decided} from '../workers/report-end.ts';
import {hasEnded} from '../workload-states.ts';
import {afterAttempt} from './after-attempt.ts';

export interface VerdictParts {
  readonly store: Store;
  readonly settings: Pick<CoordinatorSettings, 'outsideFailures' | 'poisonWorkers'>;
  readonly random: () => number;
  /** The database's clock. */
  readonly now: () => number;
}

/** What becomes of a workload, by what its attempts have come to since somebody last tried it again by hand. */
export async function verdictOn(row: WorkloadRow, end: End, parts: VerdictParts): Promise<Decided> {
  if (end.hopeless) return {to: 'FAILED', reason: end.reason};
  const verdict = afterAttempt(
    {worker: row.worker ?? '', outcome: end.outcome, reason: end.reason, exitCode: end.exitCode},
    {
      rule: row.workload.retries,
      earlier: end.outcome === 'succeeded' ? [] : await earlierAttempts(row, parts.store),
      settings: parts.settings,
      random: parts.random,
    },
  );
  const {to, reason, delayMs} = verdict;
  return {to, reason, ...(delayMs !== undefined && {notBefore: Math.round(parts.now() + delayMs)})};
}

async function earlierAttempts(row: WorkloadRow, store: Store) {
  const [attempts, since] = await Promise.all([store.attempts('everyone', row.id), lastTriedByHand(store, row.id)]);
  return attempts.flatMap(({attempt, worker, outcome, placedAt}) =>
    attempt < row.attempt && placedAt >= since && outcome !== undefined ? [{worker, outcome}] : [],
  );
}

const pageSize = 200;

/** When it last left an end; 0 when never. */
async function lastTriedByHand(store: Store, workload: WorkloadId): Promise<number> {
  let at = 0;
  for (let after = 0; ; ) {
    const events = await store.events('everyone', {workload, after, limit: pageSize});
    for (const event of events) if (event.from && hasEnded(event.from)) at = event.at;
    const last = events.at(-1);
    if (last === undefined || events.length < pageSize) return at;
    after = last.seq;
  }
}
